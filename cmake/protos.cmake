# souk_protos(TARGET FOLDER): compiles every .proto under FOLDER (a path from src/) into TARGET, to be included as
# "FOLDER/….pb.h", and embeds what reflection hands out: the bytes of a FileDescriptorSet, between the symbols
# souk_descriptors and souk_descriptors_end.
find_program(PROTOC protoc REQUIRED)
pkg_check_modules(protobuf-lite REQUIRED IMPORTED_TARGET protobuf-lite)

function(souk_protos target folder)
  set(in ${CMAKE_SOURCE_DIR}/src/${folder})
  set(root ${CMAKE_BINARY_DIR}/generated/protos)
  set(out ${root}/${folder})
  file(MAKE_DIRECTORY ${out})
  file(GLOB_RECURSE protos RELATIVE ${in} CONFIGURE_DEPENDS ${in}/*.proto)
  set(sources)
  foreach(proto ${protos})
    string(REGEX REPLACE "\\.proto$" ".pb" stem ${proto})
    list(APPEND sources ${out}/${stem}.cc)
    set_source_files_properties(${out}/${stem}.cc PROPERTIES COMPILE_OPTIONS "-w")
    list(APPEND headers ${out}/${stem}.h)
  endforeach()
  list(TRANSFORM protos PREPEND ${in}/ OUTPUT_VARIABLE files)
  add_custom_command(
    OUTPUT ${sources} ${headers} ${out}/descriptors.pb
    COMMAND ${PROTOC} -I ${in} --cpp_out=${out} --descriptor_set_out=${out}/descriptors.pb ${protos}
    DEPENDS ${files}
    COMMENT "Compiling ${folder}")
  file(CONFIGURE OUTPUT ${out}/descriptors.S CONTENT
".section .rodata
.global souk_descriptors, souk_descriptors_end
souk_descriptors:
.incbin \"${out}/descriptors.pb\"
souk_descriptors_end:
.section .note.GNU-stack,\"\",@progbits
")
  set_source_files_properties(${out}/descriptors.S PROPERTIES
    LANGUAGE C OBJECT_DEPENDS ${out}/descriptors.pb COMPILE_OPTIONS "-x;assembler")
  target_sources(${target} PRIVATE ${sources} ${headers} ${out}/descriptors.S)
  target_include_directories(${target} SYSTEM PUBLIC ${root} PRIVATE ${out})
  target_link_libraries(${target} PRIVATE PkgConfig::protobuf-lite)
endfunction()
