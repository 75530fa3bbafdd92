# Compiler cache, fast linker, warnings, and the sanitizer that a preset asks for (SOUK_SANITIZE).
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Werror -Wno-missing-field-initializers -fno-omit-frame-pointer -fstack-protector-strong)
add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2> BOOST_ASIO_NO_DEPRECATED)

set(SOUK_SANITIZE "" CACHE STRING "address, thread or fuzzer")
if(SOUK_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(SOUK_SANITIZE STREQUAL "thread")
  # GCC 12 cannot follow std::optional through instrumented code (its own manual: false positives with sanitizers).
  add_compile_options(-fsanitize=thread -Wno-tsan -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=thread)
elseif(SOUK_SANITIZE STREQUAL "fuzzer")
  # clang: its warnings are not what the tree is written for.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -Wno-error)
  add_link_options(-fsanitize=address,undefined)
endif()
