// A file layer for SQLite that leaves a database's pages to a thread of its own: the connection
// copies a page and goes on, while the thread hands pages to the system, side by side in one call.
//
// It changes nothing of what SQLite promises. A page waits only while the connection holds the file
// EXCLUSIVE, so nobody else can read it, and all pages are written before the file is synced, cut
// or unlocked. A write that failed is told by the next write or sync, before the transaction can
// be committed, and SQLite rolls back by its journal. Journals are written as ever.
#pragma once

#include <string>

namespace decant::sql {

// Its name, for OpenOptions::vfs; empty (SQLite's own layer) where it cannot be registered.
// Any thread may call it.
std::string write_behind_vfs();

}  // namespace decant::sql
