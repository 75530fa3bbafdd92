// SPDX-License-Identifier: Apache-2.0
#include "api/oip/grpc/response.h"

#include <algorithm>

#include "api/grpc/protobuf.h"
#include "api/oip/grpc/contents.h"
#include "api/oip/tensor_data.h"
#include "runtimes/datatype.h"

namespace souk::api::oip {
namespace {

using grpc::put_bytes;
using grpc::put_tag;
using grpc::put_varint;
using grpc::WireType;

constexpr std::size_t kSmall = 16 << 10;  // tensors up to here are copied behind the head: one piece to send

Status write_output(const runtimes::Tensor& tensor, bool raw, std::string& scratch, std::string& out) {
  scratch.clear();
  put_bytes(scratch, 1, tensor.name);
  put_bytes(scratch, 2, runtimes::datatype_name(tensor.datatype));
  if (!tensor.shape.empty()) {
    std::size_t size = 0;
    for (std::int64_t dimension : tensor.shape) size += grpc::varint_size(static_cast<std::uint64_t>(dimension));
    put_tag(scratch, 3, WireType::bytes);
    put_varint(scratch, size);
    for (std::int64_t dimension : tensor.shape) put_varint(scratch, static_cast<std::uint64_t>(dimension));
  }
  if (!raw) {
    std::string contents;
    SOUK_TRY(write_contents(tensor, contents));
    put_bytes(scratch, 5, contents);
  }
  put_bytes(out, 5, scratch);
  return {};
}

// Appends to the last text, which is the head's until a piece has been lent.
class Pieces {
 public:
  explicit Pieces(grpc::Reply& reply) : reply_(reply) {}
  std::string& text() { return in_tail_ ? tail_ : reply_.head; }
  void lend(std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    flush();
    reply_.rest.emplace_back(bytes, std::move(owner));
    in_tail_ = true;
  }
  void flush() {
    if (!tail_.empty()) reply_.rest.emplace_back(std::exchange(tail_, {}));
  }

 private:
  grpc::Reply& reply_;
  std::string tail_;
  bool in_tail_ = false;
};

void write_raw(runtimes::Tensor& tensor, Pieces& pieces) {
  constexpr std::uint32_t kField = 6;
  if (tensor.datatype == registry::Datatype::BYTES)
    return put_bytes(pieces.text(), kField, write_bytes(tensor.strings));
  std::string_view bytes(reinterpret_cast<const char*>(tensor.data.data()), tensor.data.size());
  if (bytes.size() <= kSmall) return put_bytes(pieces.text(), kField, bytes);
  put_tag(pieces.text(), kField, WireType::bytes);
  put_varint(pieces.text(), bytes.size());
  pieces.lend(tensor.data, std::move(tensor.owner));
}

// A stream has one head for all its answers, so each says itself which version made it.
void put_digest(std::string_view digest, std::string& out) {
  std::string parameter, entry;
  put_bytes(parameter, 3, digest);
  put_bytes(entry, 1, "souk-version-digest");
  put_bytes(entry, 2, parameter);
  put_bytes(out, 4, entry);
}

// All raw, or none.
Result<bool> wants_raw(const InferBody& asked, const std::vector<runtimes::Tensor>& outputs) {
  auto binary = [&](const runtimes::Tensor& tensor) { return asked.is_binary(tensor.name); };
  bool all = std::ranges::all_of(outputs, binary);
  if (all || std::ranges::none_of(outputs, binary)) return all;
  return invalid_argument("some are asked for as binary_data and some are not: a gRPC answer has all or none")
      .at("outputs");
}

}  // namespace

Result<grpc::Reply> write_reply(std::string_view name, const serving::Target& target, const InferBody& asked,
                                std::vector<runtimes::Tensor> outputs, bool streamed) {
  bool raw = SOUK_TRY(wants_raw(asked, outputs));
  grpc::Reply reply;
  reply.head.reserve(512);
  put_bytes(reply.head, 1, name);
  put_bytes(reply.head, 2, std::to_string(target.revision));
  if (asked.has_id) put_bytes(reply.head, 3, asked.id);
  if (streamed) put_digest(target.digest, reply.head);
  std::string scratch;
  for (const runtimes::Tensor& tensor : outputs) SOUK_TRY(write_output(tensor, raw, scratch, reply.head));
  if (raw) {
    Pieces pieces(reply);
    for (runtimes::Tensor& tensor : outputs) write_raw(tensor, pieces);
    pieces.flush();
  }
  if (streamed) {
    std::string outer;
    put_tag(outer, 2, WireType::bytes);
    put_varint(outer, reply.size());
    reply.head.insert(grpc::kPrefix, outer);
  }
  return reply;
}

grpc::Reply write_failure(std::string_view text, std::string_view id) {
  grpc::Reply reply;
  put_bytes(reply.head, 1, text);
  if (id.empty()) return reply;
  std::string inner;
  put_bytes(inner, 3, id);
  put_bytes(reply.head, 2, inner);
  return reply;
}

}  // namespace souk::api::oip
