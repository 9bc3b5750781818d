# Debian 12's packages, through find_package or pkg-config. Nothing is vendored or downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

add_library(decant_dependencies INTERFACE)
target_link_libraries(decant_dependencies INTERFACE
  Threads::Threads fmt::fmt simdjson::simdjson CLI11::CLI11 yaml-cpp
  SQLite::SQLite3 ZLIB::ZLIB PkgConfig::zstd PkgConfig::xxhash)
