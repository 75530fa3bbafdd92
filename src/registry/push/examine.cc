// SPDX-License-Identifier: Apache-2.0
#include "registry/push/examine.h"

#include "registry/push/local_files.h"

namespace souk::registry {

namespace {

bool is_container(const artifacts::Manifest& manifest, std::string_view media_type) {
  const auto image = [](std::string_view type) {
    return type.starts_with("application/vnd.oci.image.") || type.starts_with("application/vnd.docker.");
  };
  if (manifest.artifactType) return false;
  return manifest.config ? image(manifest.config->mediaType) : !manifest.manifests.empty() && image(media_type);
}

bool is_model(const artifacts::Manifest& manifest) {
  return manifest.artifactType == std::string(artifacts::kModelArtifactType) ||
         (manifest.config && manifest.config->mediaType.starts_with("application/vnd.cncf.model.config."));
}

}  // namespace

Result<ModelVersion> examine_bytes(artifacts::Artifacts& artifacts, Inspector& inspector,
                                   const artifacts::Repository& repository, std::string_view media_type,
                                   const artifacts::Manifest& manifest) {
  ModelVersion out;
  for (const auto* list : {&manifest.layers, &manifest.manifests}) {
    for (const artifacts::Descriptor& part : *list) {
      if (__builtin_add_overflow(out.size_bytes, part.size, &out.size_bytes)) {
        return invalid_argument("the sizes that the manifest names do not fit 63 bits");
      }
    }
  }
  if (!is_model(manifest)) {
    const bool container = is_container(manifest, media_type);
    out.format = container ? "container" : "";
    out.missing = container ? "no runtime of this server runs container images"
                            : "no runtime of this server runs artifacts of the type " +
                                  access::as_shown(manifest.artifactType.value_or("(none)"));
    return out;
  }
  LocalFiles local;
  SOUK_TRY(local.open(artifacts, repository, SOUK_TRY(artifacts::files_of(manifest))));
  Inspection seen = SOUK_TRY(inspector.inspect(local.files()));
  out.format = std::move(seen.format);
  out.runtime = std::move(seen.runtime);
  out.missing = std::move(seen.missing);
  if (seen.signature) out.signature = json::Raw{json::write(*seen.signature)};
  out.declaration = std::move(seen.declaration);
  return out;
}

}  // namespace souk::registry
