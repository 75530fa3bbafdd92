// SPDX-License-Identifier: Apache-2.0
//
// How a person names things: `[namespace/]model[:tag|@alias|@sha256:…]` and `[namespace/]deployment`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace souk::cli {

inline constexpr std::string_view kDefaultNamespace = "default";

struct Reference {
  std::string namespace_;
  std::string model;
  std::string tag;  // at most one of tag, alias and digest is given
  std::string alias;
  std::optional<Digest> digest;

  std::string model_name() const { return namespace_ + "/" + model; }
  std::string string() const;
};

// Slugs are OCI's path components, at most 128 characters. Errors: invalid_argument
Result<Reference> parse_reference(std::string_view text);

struct Name {
  std::string namespace_;
  std::string slug;
  std::string string() const { return namespace_ + "/" + slug; }
};

// `what` is for messages ("deployment"). Errors: invalid_argument
Result<Name> parse_name(std::string_view text, std::string_view what);

// [a-z0-9]+ joined by one of ".", "_", "__" or dashes (OCI distribution, section Pulling manifests).
bool is_slug(std::string_view text);

}  // namespace souk::cli
