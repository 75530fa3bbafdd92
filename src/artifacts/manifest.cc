// SPDX-License-Identifier: Apache-2.0
#include "artifacts/manifest.h"

#include <algorithm>
#include <array>

namespace souk::artifacts {

namespace {

constexpr std::size_t kMaxParts = 4096;
constexpr std::size_t kMaxMediaType = 255;
constexpr std::size_t kMaxShownAnnotations = 64 << 10;  // of a referrer: lists of referrers show them
constexpr std::string_view kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

bool is_image(std::string_view type) {
  return type == kImageManifest || type == kDockerManifest;
}
bool is_index(std::string_view type) {
  return type == kImageIndex || type == kDockerList;
}

// RFC 6838: type "/" subtype, each of restricted-name-chars.
bool is_media_type(std::string_view text) {
  auto slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() || text.size() > kMaxMediaType) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              std::string_view("!#$&-^_.+/").find(static_cast<char>(c)) != std::string_view::npos;
                     }) &&
         text.find('/', slash + 1) == std::string_view::npos;
}

Error wrong_type(std::string path, std::string_view type) {
  return invalid_argument(path +
                          " is no media type: " + (type.empty() ? "it is empty" : json::write(std::string(type))))
      .at(std::move(path));
}

Status check_descriptor(const Descriptor& descriptor, const std::string& path) {
  if (!is_media_type(descriptor.mediaType)) return wrong_type(path + ".mediaType", descriptor.mediaType);
  if (descriptor.artifactType && !is_media_type(*descriptor.artifactType)) {
    return wrong_type(path + ".artifactType", *descriptor.artifactType);
  }
  if (descriptor.size < 0) {
    return invalid_argument(path + ".size is negative: " + std::to_string(descriptor.size)).at(path + ".size");
  }
  return {};
}

Status check_list(const std::vector<Descriptor>& list, const std::string& name) {
  if (list.size() > kMaxParts) {
    return invalid_argument("the manifest names " + std::to_string(list.size()) + " " + name + ", more than the " +
                            std::to_string(kMaxParts) + " allowed")
        .at(name);
  }
  for (std::size_t i = 0; i < list.size(); i++) {
    SOUK_TRY(check_descriptor(list[i], name + "[" + std::to_string(i) + "]"));
  }
  return {};
}

// A text that could be read both as an image and as an index means different things to different readers.
Status check_shape(const Manifest& manifest, std::string_view type, bool has_layers, bool has_manifests) {
  if (is_image(type)) {
    if (!manifest.config) return invalid_argument("an image manifest needs a config descriptor").at("config");
    if (has_manifests) return invalid_argument("an image manifest may not hold 'manifests'").at("manifests");
    return {};
  }
  if (manifest.config || has_layers) {
    return invalid_argument("an index may hold neither 'config' nor 'layers'").at(has_layers ? "layers" : "config");
  }
  if (!has_manifests) return invalid_argument("an index needs 'manifests'").at("manifests");
  return {};
}

}  // namespace

Result<std::string> manifest_type(std::string_view sent_as, const Manifest& manifest) {
  std::string_view cut = sent_as.substr(0, sent_as.find(';'));
  while (!cut.empty() && (cut.back() == ' ' || cut.back() == '\t')) cut.remove_suffix(1);
  std::string type(cut);
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  bool vague = type.empty() || type == "application/json" || type == "application/octet-stream";
  if (vague && manifest.mediaType) {
    type = *manifest.mediaType;
  } else if (vague) {
    type = manifest.config ? kImageManifest : kImageIndex;
  }
  if (!is_image(type) && !is_index(type)) {
    return invalid_argument("manifests of the type " + json::write(type) + " are not kept here")
        .at("mediaType")
        .advise("push an OCI image manifest or index, or a Docker manifest of schema 2");
  }
  if (manifest.mediaType && *manifest.mediaType != type) {
    return invalid_argument("the manifest says it is " + json::write(*manifest.mediaType) + " but was sent as " + type)
        .at("mediaType");
  }
  return type;
}

Result<Manifest> parse_manifest(std::string_view media_type, std::string_view bytes) {
  if (bytes.size() > static_cast<std::size_t>(kMaxManifestBytes)) {
    return invalid_argument("the manifest has " + std::to_string(bytes.size()) + " bytes, more than the " +
                            std::to_string(kMaxManifestBytes) + " allowed");
  }
  json::Document document = SOUK_TRY(json::Document::parse(bytes));
  Manifest manifest;
  SOUK_TRY(json::read(document.root(), manifest, json::UnknownFields::ignore, ""));
  if (manifest.schemaVersion != 2) {
    return invalid_argument("schemaVersion is " + std::to_string(manifest.schemaVersion) + ", only 2 is kept here")
        .at("schemaVersion");
  }
  std::string type = SOUK_TRY(manifest_type(media_type, manifest));
  SOUK_TRY(check_shape(manifest, type, document.root().find("layers").has_value(),
                       document.root().find("manifests").has_value()));
  if (manifest.artifactType && !manifest.artifactType->empty() && !is_media_type(*manifest.artifactType)) {
    return wrong_type("artifactType", *manifest.artifactType);
  }
  if (manifest.subject && manifest.annotations && json::write(*manifest.annotations).size() > kMaxShownAnnotations) {
    return invalid_argument("the annotations of a manifest with a subject have more than " +
                            std::to_string(kMaxShownAnnotations) + " bytes")
        .at("annotations");
  }
  if (manifest.config) SOUK_TRY(check_descriptor(*manifest.config, "config"));
  if (manifest.subject) SOUK_TRY(check_descriptor(*manifest.subject, "subject"));
  SOUK_TRY(check_list(manifest.layers, "layers"));
  SOUK_TRY(check_list(manifest.manifests, "manifests"));
  SOUK_TRY(files_of(manifest));
  return manifest;
}

}  // namespace souk::artifacts
