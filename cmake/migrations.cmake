# souk_embed_migrations(TARGET): compiles migrations/NNNN_name.sql into TARGET as store::migrations().
# Run as a script (cmake -DOUT=FILE -DDIR=FOLDER -P) it writes that source file.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files ${DIR}/*.sql)
  list(SORT files)
  set(text "// Written by cmake/migrations.cmake from migrations/*.sql.\n#include \"store/migrations.h\"\n\n")
  string(APPEND text "namespace souk::store {\n\nconst std::vector<Migration>& migrations() {\n")
  string(APPEND text "  static const std::vector<Migration> all = {\n")
  set(last 0)
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
      message(FATAL_ERROR "migrations/${name}: name it NNNN_name.sql")
    endif()
    set(title ${CMAKE_MATCH_2})
    string(REGEX REPLACE "^0+" "" number ${CMAKE_MATCH_1})
    if(number STREQUAL "" OR number EQUAL last)
      message(FATAL_ERROR "migrations/${name}: numbers begin with 0001 and no two are alike")
    endif()
    set(last ${number})
    file(READ ${file} sql)
    string(APPEND text "      {${number}, \"${title}\", R\"souk_sql(${sql})souk_sql\"},\n")
  endforeach()
  string(APPEND text "  };\n  return all;\n}\n\n}  // namespace souk::store\n")
  file(WRITE ${OUT} "${text}")
  return()
endif()

set(SOUK_MIGRATIONS_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(souk_embed_migrations target)
  set(out ${CMAKE_BINARY_DIR}/generated/migrations_embedded.cc)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/*.sql)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DDIR=${CMAKE_SOURCE_DIR}/migrations -P ${SOUK_MIGRATIONS_SCRIPT}
    DEPENDS ${files} ${SOUK_MIGRATIONS_SCRIPT}
    COMMENT "Embedding the migrations")
  target_sources(${target} PRIVATE ${out})
endfunction()
