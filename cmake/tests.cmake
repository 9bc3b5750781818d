# Unit tests sit beside the code as x_test.cc; one program holds them all.
enable_testing()
find_package(GTest REQUIRED)
pkg_check_modules(rapidcheck IMPORTED_TARGET rapidcheck)

file(GLOB decant_testing_sources CONFIGURE_DEPENDS src/testing/*.cc)
list(FILTER decant_testing_sources EXCLUDE REGEX "_test\\.cc$|/decant_testing_main\\.cc$")
if(decant_testing_sources)
  add_library(decant_testing_support STATIC ${decant_testing_sources})
  target_link_libraries(decant_testing_support PUBLIC decant_core GTest::gtest)
else()
  add_library(decant_testing_support INTERFACE)
  target_link_libraries(decant_testing_support INTERFACE decant_core GTest::gtest)
endif()

file(GLOB_RECURSE decant_test_sources CONFIGURE_DEPENDS src/*_test.cc)
if(decant_test_sources)
  add_executable(decant_unit_tests ${decant_test_sources})
  # Whole: the conformance suite is called by nobody, its cases register themselves.
  target_link_libraries(decant_unit_tests PRIVATE decant_cli
    $<LINK_LIBRARY:WHOLE_ARCHIVE,decant_testing_support> GTest::gtest_main)
  find_path(RAPIDCHECK_INCLUDE rapidcheck.h REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
  target_link_libraries(decant_unit_tests PRIVATE ${RAPIDCHECK_LIBRARY})
  target_compile_definitions(decant_unit_tests PRIVATE DECANT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME unit COMMAND decant_unit_tests)
endif()

if(EXISTS ${CMAKE_SOURCE_DIR}/src/testing/decant_testing_main.cc)
  add_executable(decant-testing src/testing/decant_testing_main.cc)
  target_link_libraries(decant-testing PRIVATE decant_cli decant_testing_support)
endif()

# Preloaded by the kill and I/O fault tests (tests/kill, tests/faults).
if(NOT DECANT_SANITIZE)
  enable_language(C)
  add_library(decant_fault_shim MODULE src/testing/fault_shim.c)
  target_compile_options(decant_fault_shim PRIVATE -std=gnu11 -Wall -Wextra -Werror -O2)
  target_link_libraries(decant_fault_shim PRIVATE ${CMAKE_DL_LIBS})
endif()
