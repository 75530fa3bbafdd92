// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "api/grpc/method.h"
#include "api/grpc/services.h"
#include "api/protos/grpc/reflection/v1/reflection.pb.h"

extern "C" const char souk_descriptors[];
extern "C" const char souk_descriptors_end[];

namespace souk::api::grpc {
namespace {

// Both versions have the same messages; one set of classes reads and writes them.
namespace reflection = ::grpc::reflection::v1;
using Request = reflection::ServerReflectionRequest;
using Response = reflection::ServerReflectionResponse;

void say_missing(Response& response, const std::string& what) {
  auto& error = *response.mutable_error_response();
  error.set_error_code(static_cast<int>(Code::not_found));
  error.set_error_message(what);
}

void say_files(Response& response, const std::vector<std::string_view>& files, const std::string& missing) {
  if (files.empty()) return say_missing(response, missing);
  auto& out = *response.mutable_file_descriptor_response();
  for (std::string_view file : files) out.add_file_descriptor_proto(std::string(file));
}

Response answer(const Descriptors& descriptors, const Request& request) {
  Response response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      say_files(response, descriptors.file(request.file_by_filename()), "there is no such file");
      break;
    case Request::kFileContainingSymbol:
      say_files(response, descriptors.file_with(request.file_containing_symbol()), "there is no such symbol");
      break;
    case Request::kFileContainingExtension:
      say_missing(response, "no message here has extensions");
      break;
    case Request::kAllExtensionNumbersOfType:
      if (descriptors.file_with(request.all_extension_numbers_of_type()).empty()) {
        say_missing(response, "there is no such type");
      } else {
        response.mutable_all_extension_numbers_response()->set_base_type_name(request.all_extension_numbers_of_type());
      }
      break;
    case Request::kListServices:
      for (const std::string& name : descriptors.services()) {
        response.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::MESSAGE_REQUEST_NOT_SET: {
      auto& error = *response.mutable_error_response();
      error.set_error_code(static_cast<int>(Code::invalid_argument));
      error.set_error_message("the request asks for nothing");
      break;
    }
  }
  return response;
}

// One question, one answer, until the client has no more; the next is read once the answer has been taken.
void converse(const std::shared_ptr<const Descriptors>& descriptors, const ServerCallPtr& call) {
  call->next([descriptors, call](Result<std::optional<Message>> message) {
    if (!message) return call->finish(std::move(message.error()));
    if (!*message) return call->finish({});
    Request request;
    if (Status parsed = detail::parse(**message, request); !parsed) return call->finish(parsed);
    call->write(detail::encode(answer(*descriptors, request)), [descriptors, call](Status written) {
      if (written) converse(descriptors, call);
    });
  });
}

}  // namespace

void add_reflection(RouteTable::Door& door) {
  auto descriptors = std::make_shared<const Descriptors>(
      std::string_view(souk_descriptors, static_cast<std::size_t>(souk_descriptors_end - souk_descriptors)));
  for (const char* version : {"v1", "v1alpha"}) {
    door.add(stream(std::string("/grpc.reflection.") + version + ".ServerReflection/ServerReflectionInfo", kAnyone,
                    {.max_bytes = 16 << 20, .idle_timeout = std::chrono::minutes(10), .total_timeout = {}},
                    {.max_bytes = 64 << 10},
                    [descriptors](const ServerCallPtr& call) { converse(descriptors, call); }));
  }
}

}  // namespace souk::api::grpc
