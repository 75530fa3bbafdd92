# souk_room(NAME [DEPENDS room...] [LIBRARIES third-party...]): the static library of src/NAME and the test
# program NAME_test of its *_test.cc. Sub-folders of a room belong to it.
function(souk_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${name}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  add_library(souk_${name} STATIC ${sources})
  target_include_directories(souk_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM ROOM_DEPENDS PREPEND souk_)
  target_link_libraries(souk_${name} PUBLIC ${ROOM_DEPENDS} PRIVATE ${ROOM_LIBRARIES} Threads::Threads)

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE souk_${name} ${ROOM_LIBRARIES} GTest::gtest GTest::gtest_main Threads::Threads)
    target_compile_definitions(${name}_test PRIVATE SOUK_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
endfunction()
