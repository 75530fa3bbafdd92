// SPDX-License-Identifier: Apache-2.0
#include "api/oip/response.h"

#include "api/oip/tensor_data.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

constexpr std::size_t kSmall = 16 << 10;  // binary data up to here is copied behind the JSON: one piece to send

void write_head(json::Writer& out, std::string_view name, const serving::Target& target, const InferBody& asked) {
  out.key("model_name");
  out.value(name);
  out.key("model_version");
  out.value(std::to_string(target.revision));
  if (asked.has_id) {
    out.key("id");
    out.value(asked.id);
  }
}

void write_tensor_head(json::Writer& out, const runtimes::Tensor& tensor) {
  out.key("name");
  out.value(tensor.name);
  out.key("datatype");
  out.value(runtimes::datatype_name(tensor.datatype));
  out.key("shape");
  out.begin_array();
  for (std::int64_t dimension : tensor.shape) out.value(dimension);
  out.end_array();
}

}  // namespace

Result<net::Response> write_response(std::string_view name, const serving::Target& target, const InferBody& asked,
                                     std::vector<runtimes::Tensor> outputs) {
  std::string text;
  text.reserve(512);
  json::Writer out(text);
  std::vector<net::Chunk> binary;
  std::size_t binary_size = 0;
  out.begin_object();
  write_head(out, name, target, asked);
  out.key("outputs");
  out.begin_array();
  for (runtimes::Tensor& tensor : outputs) {
    out.begin_object();
    write_tensor_head(out, tensor);
    if (asked.is_binary(tensor.name)) {
      net::Chunk chunk = tensor.datatype == registry::Datatype::BYTES
                             ? net::Chunk(write_bytes(tensor.strings))
                             : net::Chunk(tensor.data, std::move(tensor.owner));
      out.key("parameters");
      out.begin_object();
      out.key("binary_data_size");
      out.value(static_cast<std::uint64_t>(chunk.data().size()));
      out.end_object();
      binary_size += chunk.data().size();
      binary.push_back(std::move(chunk));
    } else {
      out.key("data");
      SOUK_TRY(write_json_data(out, tensor));
    }
    out.end_object();
  }
  out.end_array();
  out.end_object();

  net::Response response;
  response.headers.reserve(4);
  response.add("Content-Type", binary.empty() ? "application/json" : "application/octet-stream");
  response.add("souk-version-digest", target.digest);
  if (!binary.empty()) response.add("Inference-Header-Content-Length", std::to_string(text.size()));
  if (binary_size > kSmall) {
    response.body.emplace_back(std::move(text));
    for (net::Chunk& chunk : binary) response.body.push_back(std::move(chunk));
    return response;
  }
  for (const net::Chunk& chunk : binary) {
    text.append(reinterpret_cast<const char*>(chunk.data().data()), chunk.data().size());
  }
  response.body.emplace_back(std::move(text));
  return response;
}

}  // namespace souk::api::oip
