// SPDX-License-Identifier: Apache-2.0
#include "api/oip/response.h"

#include "base/json_numbers.h"

namespace souk::api::oip {

namespace {

using registry::Datatype;
using runtimes::Tensor;

// Smaller outputs are copied behind the JSON: one buffer, one write.
constexpr std::size_t kCopyBelow = 64 << 10;

template <class T>
void write_values(json::Writer& out, const Tensor& tensor) {
  json::write_array(out, std::span(reinterpret_cast<const T*>(tensor.data.data()), tensor.data.size() / sizeof(T)));
}

Status write_strings(json::Writer& out, const Tensor& tensor) {
  std::vector<std::string_view> views;
  for (const std::string& value : tensor.strings) {
    if (!json::is_utf8(value)) {
      return failed_precondition("output '" + tensor.name +
                                 "' holds bytes that are no UTF-8 text, which JSON cannot say")
          .advise("ask for it with parameters {\"binary_data\": true}");
    }
    views.push_back(value);
  }
  json::write_array(out, std::span<const std::string_view>(views));
  return {};
}

Status write_data(json::Writer& out, const Tensor& tensor) {
  switch (tensor.datatype) {
    case Datatype::BOOL:
      write_values<json::Bool>(out, tensor);
      return {};
    case Datatype::UINT8:
      write_values<std::uint8_t>(out, tensor);
      return {};
    case Datatype::UINT16:
      write_values<std::uint16_t>(out, tensor);
      return {};
    case Datatype::UINT32:
      write_values<std::uint32_t>(out, tensor);
      return {};
    case Datatype::UINT64:
      write_values<std::uint64_t>(out, tensor);
      return {};
    case Datatype::INT8:
      write_values<std::int8_t>(out, tensor);
      return {};
    case Datatype::INT16:
      write_values<std::int16_t>(out, tensor);
      return {};
    case Datatype::INT32:
      write_values<std::int32_t>(out, tensor);
      return {};
    case Datatype::INT64:
      write_values<std::int64_t>(out, tensor);
      return {};
    case Datatype::FP32:
      write_values<float>(out, tensor);
      return {};
    case Datatype::FP64:
      write_values<double>(out, tensor);
      return {};
    case Datatype::BYTES:
      return write_strings(out, tensor);
    case Datatype::FP16:
    case Datatype::BF16:
      break;
  }
  return failed_precondition("output '" + tensor.name + "' is " + std::string(json::enum_name(tensor.datatype)) +
                             ", which JSON cannot say")
      .advise("ask for it with parameters {\"binary_data\": true}");
}

std::string join_strings(const Tensor& tensor) {
  std::string bytes;
  for (const std::string& value : tensor.strings) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value.size() >> shift & 0xff);
    bytes += value;
  }
  return bytes;
}

void write_shape(json::Writer& out, const std::vector<std::int64_t>& shape) {
  out.begin_array();
  for (std::int64_t dimension : shape) out.value(dimension);
  out.end_array();
}

// The bytes that follow the JSON: small ones joined, large ones as they are.
class Tail {
 public:
  void add(Tensor& tensor) {
    if (tensor.datatype == Datatype::BYTES) {
      joined_ += join_strings(tensor);
    } else if (tensor.data.size() < kCopyBelow) {
      joined_.append(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
    } else {
      flush();
      chunks_.emplace_back(tensor.data, std::move(tensor.owner));
    }
  }
  // Puts all behind `head`.
  std::vector<net::Chunk> behind(std::string head) {
    if (chunks_.empty()) {
      head += joined_;
      joined_.clear();
    }
    flush();
    chunks_.insert(chunks_.begin(), net::Chunk(std::move(head)));
    return std::move(chunks_);
  }

 private:
  void flush() {
    if (!joined_.empty()) chunks_.emplace_back(std::exchange(joined_, {}));
  }
  std::vector<net::Chunk> chunks_;
  std::string joined_;
};

std::uint64_t binary_size(const Tensor& tensor) {
  if (tensor.datatype != Datatype::BYTES) return tensor.data.size();
  std::uint64_t size = 0;
  for (const std::string& value : tensor.strings) size += 4 + value.size();
  return size;
}

Status write_output(json::Writer& out, const Request& request, Tensor& tensor, Tail& tail, bool& binary) {
  out.begin_object();
  out.key("name");
  out.value(tensor.name);
  out.key("datatype");
  out.value(json::enum_name(tensor.datatype));
  out.key("shape");
  write_shape(out, tensor.shape);
  if (request.is_binary(tensor.name)) {
    out.key("parameters");
    out.begin_object();
    out.key("binary_data_size");
    out.value(binary_size(tensor));
    out.end_object();
    tail.add(tensor);
    binary = true;
  } else {
    out.key("data");
    SOUK_TRY(write_data(out, tensor));
  }
  out.end_object();
  return {};
}

}  // namespace

Result<net::Response> make_response(const Request& request, const serving::Target& target,
                                    std::vector<Tensor> outputs) {
  std::string text;
  text.reserve(512);
  json::Writer out(text);
  Tail tail;
  bool binary = false;
  out.begin_object();
  out.key("model_name");
  out.value(target.slug);
  out.key("model_version");
  out.value(std::to_string(target.revision));
  if (!request.id.empty()) {
    out.key("id");
    out.value(request.id);
  }
  out.key("outputs");
  out.begin_array();
  for (Tensor& tensor : outputs) SOUK_TRY(write_output(out, request, tensor, tail, binary));
  out.end_array();
  out.end_object();

  net::Response response;
  response.headers.reserve(5);
  response.add("Content-Type", binary ? "application/octet-stream" : "application/json");
  if (binary) response.add("Inference-Header-Content-Length", std::to_string(text.size()));
  response.add("souk-version-digest", target.digest);
  response.body = tail.behind(std::move(text));
  return response;
}

}  // namespace souk::api::oip
