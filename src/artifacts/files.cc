// SPDX-License-Identifier: Apache-2.0
//
// Which files a manifest's layers are. A model's own paths (org.cncf.model.filepath) are held to be true and so
// must be safe; the titles that other tools give their layers are taken where they are, else the digest names it.
#include <set>

#include "artifacts/manifest.h"

namespace souk::artifacts {

namespace {

constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxName = 255;
constexpr std::string_view kFilePath = "org.cncf.model.filepath";
constexpr std::string_view kTitle = "org.opencontainers.image.title";
constexpr std::string_view kModelPrefix = "application/vnd.cncf.model.";

FileKind kind_of(std::string_view media_type) {
  if (!media_type.starts_with(kModelPrefix)) return FileKind::OTHER;
  std::string_view kind = media_type.substr(kModelPrefix.size());
  if (kind.starts_with("weight.config.")) return FileKind::WEIGHT_CONFIG;
  if (kind.starts_with("weight.")) return FileKind::WEIGHT;
  if (kind.starts_with("code.")) return FileKind::CODE;
  if (kind.starts_with("doc.")) return FileKind::DOC;
  if (kind.starts_with("dataset.")) return FileKind::DATASET;
  return FileKind::OTHER;
}

// Why a path is not safe to write below some folder; empty: it is.
std::string_view unsafe(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPath) return "is longer than 1024 bytes";
  if (path.front() == '/') return "begins with '/'";
  for (unsigned char c : path) {
    if (c < 0x20 || c == 0x7f) return "holds a control character";
    if (c == '\\') return "holds a backslash";
  }
  for (std::size_t at = 0; at <= path.size();) {
    std::size_t end = std::min(path.find('/', at), path.size());
    std::string_view name = path.substr(at, end - at);
    if (name.empty()) return "holds an empty name";
    if (name == "." || name == "..") return "holds '.' or '..'";
    if (name.size() > kMaxName) return "holds a name longer than 255 bytes";
    at = end + 1;
  }
  return {};
}

// The paths given so far, and every folder above them.
class Paths {
 public:
  // What is wrong with the path beside the others; empty: nothing, and it is taken.
  std::string_view add(const std::string& path) {
    if (files_.contains(path)) return "is given twice";
    if (folders_.contains(path)) return "is a folder of another file";
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      if (files_.contains(path.substr(0, slash))) return "lies below another file";
    }
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      folders_.insert(path.substr(0, slash));
    }
    files_.insert(path);
    return {};
  }

 private:
  std::set<std::string> files_, folders_;
};

const std::string* annotation(const Descriptor& layer, std::string_view key) {
  if (!layer.annotations) return nullptr;
  auto found = layer.annotations->find(std::string(key));
  return found == layer.annotations->end() ? nullptr : &found->second;
}

}  // namespace

Result<std::vector<File>> files_of(const Manifest& manifest) {
  std::vector<File> files;
  Paths paths;
  for (std::size_t i = 0; i < manifest.layers.size(); i++) {
    const Descriptor& layer = manifest.layers[i];
    File file{"", layer.size, layer.digest, layer.mediaType, kind_of(layer.mediaType)};
    if (const std::string* path = annotation(layer, kFilePath)) {
      std::string_view wrong = unsafe(*path);
      if (wrong.empty()) wrong = paths.add(*path);
      if (!wrong.empty()) {
        return invalid_argument("the file path " + json::write(path->substr(0, kMaxPath)) + " " + std::string(wrong))
            .at("layers[" + std::to_string(i) + "].annotations[\"" + std::string(kFilePath) + "\"]");
      }
      file.path = *path;
    } else {
      const std::string* title = annotation(layer, kTitle);
      if (title && unsafe(*title).empty() && paths.add(*title).empty()) file.path = *title;
    }
    files.push_back(std::move(file));
  }
  for (std::size_t i = 0; i < files.size(); i++) {
    if (!files[i].path.empty()) continue;
    files[i].path = files[i].digest.hex().substr(0, 12);
    if (!paths.add(files[i].path).empty()) {
      files[i].path = std::to_string(i) + "-" + files[i].digest.hex();
      paths.add(files[i].path);
    }
  }
  return files;
}

}  // namespace souk::artifacts
