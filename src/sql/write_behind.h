// A file layer for SQLite that leaves a database's pages to a thread of its own: the connection
// copies a page and goes on, while the thread hands pages to the system, side by side in one call.
//
// It changes nothing of what SQLite promises. A page waits only while the connection holds the file
// EXCLUSIVE, so nobody else can read it, and all pages are written before the file is synced, cut,
// measured, unlocked or closed, and before each commit (SQLITE_FCNTL_SYNC, with synchronous=OFF,
// too). A write that failed is told once, by the next write, cut, sync or commit, and SQLite rolls
// back by its journal; reads fail until then. One that nobody asked for when the file is unlocked
// belongs to a transaction that was given up. Journals are written as ever.
//
// Where no thread can be started, the connection writes by itself.
#pragma once

#include <string>

namespace decant::sql {

// Its name, for OpenOptions::vfs; empty (SQLite's own layer) where it cannot be registered.
// Any thread may call it.
std::string write_behind_vfs();

}  // namespace decant::sql
