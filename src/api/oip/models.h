// SPDX-License-Identifier: Apache-2.0
//
// What the protocol says of a server and of models, whatever form it is asked in. A model name is a deployment
// ("digits", "team/digits"), a version the number of one of its revisions with traffic.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/oip/request.h"
#include "serving/serving.h"

namespace souk::api::oip {

struct ServerMetadata {
  std::string name = "souk";
  std::string version;
  std::vector<std::string> extensions;
};
BOOST_DESCRIBE_STRUCT(ServerMetadata, (), (name, version, extensions))
ServerMetadata server_metadata(std::string_view version);

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;
  std::vector<registry::TensorSpec> inputs, outputs;
};
BOOST_DESCRIBE_STRUCT(ModelMetadata, (), (name, versions, platform, inputs, outputs))
ModelMetadata model_metadata(std::string_view name, const serving::Target& target);

// The number of a revision; 0 when `text` is empty. Errors: not_found
Result<std::int64_t> revision_of(std::string_view text);

// Whether it answers now. Errors: not_found
Result<bool> is_ready(serving::Serving& serving, const access::Call& call, std::string_view name,
                      std::string_view version);

}  // namespace souk::api::oip
