// SPDX-License-Identifier: Apache-2.0
#include "serving/batching/batching.h"

namespace souk::serving {

namespace {

constexpr std::int64_t kMost = 65'536;

struct Declared {
  std::optional<Batching> batching;
};
BOOST_DESCRIBE_STRUCT(Declared, (), (batching))

Status check_batched(std::string_view side, const std::vector<registry::TensorSpec>& specs) {
  for (const registry::TensorSpec& spec : specs) {
    if (!spec.shape.empty() && spec.shape[0] < 0) continue;
    return invalid_argument("batching needs a dynamic first dimension in every tensor; " + std::string(side) + " \"" +
                            spec.name + "\" has none");
  }
  return {};
}

}  // namespace

Result<Batching> batching_of(const std::optional<json::Raw>& declaration, const registry::Signature& signature) {
  if (!declaration) return Batching{};
  auto declared = json::read<Declared>(declaration->text, json::UnknownFields::ignore);
  if (!declared) {
    Error error = declared.error();
    error.message = error.field + ": " + error.message;
    return error;
  }
  const Batching batching = declared->batching.value_or(Batching{});
  if (batching.max_batch_size < 1 || batching.max_batch_size > kMost) {
    return invalid_argument("batching.max_batch_size: is " + std::to_string(batching.max_batch_size) +
                            "; 1 to 65536 is allowed")
        .at("batching.max_batch_size");
  }
  if (batching.max_batch_size > 1) {
    SOUK_TRY(check_batched("input", signature.inputs));
    SOUK_TRY(check_batched("output", signature.outputs));
  }
  return batching;
}

}  // namespace souk::serving
