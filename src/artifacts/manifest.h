// SPDX-License-Identifier: Apache-2.0
//
// Image manifests and indexes as souk understands them, and the files that a model artifact is made of. Pure
// functions over the bytes; what a repository holds is artifacts.h.
// Sources: OCI image-spec 1.1 (manifest.md, image-index.md, descriptor.md), Docker schema 2, CNCF model format.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace souk::artifacts {

struct Descriptor {
  std::string mediaType;
  Digest digest;
  std::int64_t size = 0;
  std::optional<std::string> artifactType;
  std::optional<std::map<std::string, std::string>> annotations;
};
BOOST_DESCRIBE_STRUCT(Descriptor, (), (mediaType, digest, size, artifactType, annotations))

// An image manifest or index, checked in form. Unknown fields are kept in the bytes, not here.
struct Manifest {
  std::int64_t schemaVersion = 2;
  std::optional<std::string> mediaType;
  std::optional<std::string> artifactType;
  std::optional<Descriptor> config;
  std::vector<Descriptor> layers;
  std::vector<Descriptor> manifests;  // of an index
  std::optional<Descriptor> subject;
  std::optional<std::map<std::string, std::string>> annotations;
};
BOOST_DESCRIBE_STRUCT(Manifest, (),
                      (schemaVersion, mediaType, artifactType, config, layers, manifests, subject, annotations))

inline constexpr std::string_view kModelArtifactType = "application/vnd.cncf.model.manifest.v1+json";
inline constexpr std::int64_t kMaxManifestBytes = 4 << 20;
inline constexpr std::string_view kImageManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kImageIndex = "application/vnd.oci.image.index.v1+json";

struct StoredManifest {
  Digest digest;
  std::string media_type;
  std::string bytes;
};

BOOST_DEFINE_ENUM_CLASS(FileKind, WEIGHT, WEIGHT_CONFIG, CODE, DOC, DATASET, OTHER)
// A file of a model artifact: one raw layer each (tar layers are listed as one file).
struct File {
  std::string path;
  std::int64_t size_bytes = 0;
  Digest digest;
  std::string media_type;
  FileKind kind = FileKind::OTHER;
};
BOOST_DESCRIBE_STRUCT(File, (), (path, size_bytes, digest, media_type, kind))

// The form of a manifest alone, strictly: schema version, media types, descriptors, bounds.
// Errors: invalid_argument, with the path of the field
Result<Manifest> parse_manifest(std::string_view media_type, std::string_view bytes);
// The media type that a manifest goes by: what it was sent as, else what it says, else what it looks like.
// Parameters are cut off. Errors: invalid_argument
Result<std::string> manifest_type(std::string_view sent_as, const Manifest& manifest);

// From a manifest alone. Errors: invalid_argument (a path that escapes or repeats)
Result<std::vector<File>> files_of(const Manifest& manifest);

}  // namespace souk::artifacts
