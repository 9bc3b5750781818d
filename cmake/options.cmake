# Compiler options of every target: warnings are errors, sanitizers and mutants by option.
add_library(decant_options INTERFACE)
target_compile_options(decant_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  $<$<CXX_COMPILER_ID:GNU>:-Werror> -fno-omit-frame-pointer)
target_compile_definitions(decant_options INTERFACE DECANT_VERSION="${PROJECT_VERSION}")

if(DECANT_SANITIZE)
  target_compile_options(decant_options INTERFACE -fsanitize=${DECANT_SANITIZE} -fno-sanitize-recover=all
    # Instrumented code makes GCC see uninitialised values in the standard library that are none.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(decant_options INTERFACE -fsanitize=${DECANT_SANITIZE})
endif()
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
