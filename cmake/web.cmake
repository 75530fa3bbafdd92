# souk_embed_web(TARGET): puts web/dist into the target (cmake/embed.py). A build without web/dist has no page.
function(souk_embed_web target)
  set(dist ${CMAKE_SOURCE_DIR}/web/dist)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/web)
  file(MAKE_DIRECTORY ${out})
  file(GLOB_RECURSE assets CONFIGURE_DEPENDS ${dist}/*)
  add_custom_command(
    OUTPUT ${out}/assets.S ${out}/assets.cc
    COMMAND python3 ${CMAKE_SOURCE_DIR}/cmake/embed.py ${dist} ${out}/assets.S ${out}/assets.cc
    DEPENDS ${CMAKE_SOURCE_DIR}/cmake/embed.py ${assets}
    COMMENT "Embedding web/dist")
  # What is embedded is named inside the assembly only, so the object depends on the files themselves.
  set_source_files_properties(${out}/assets.S PROPERTIES LANGUAGE C OBJECT_DEPENDS "${assets}" COMPILE_OPTIONS "-x;assembler")
  target_sources(${target} PRIVATE ${out}/assets.S ${out}/assets.cc)
endfunction()
