// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer/pack.h"

#include <algorithm>
#include <array>
#include <map>
#include <system_error>

#include "base/json.h"

namespace souk::cli {
namespace {

namespace fs = std::filesystem;

// --- manifest and configuration -----------------------------------------------------------------------

struct FileMetadata {  // annotations.md, File Metadata Annotation Value
  std::string name;
  std::uint32_t mode = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t size = 0;
  std::string mtime = "1970-01-01T00:00:00Z";
  int typeflag = '0';  // a regular file, as tar has it
};
BOOST_DESCRIBE_STRUCT(FileMetadata, (), (name, mode, uid, gid, size, mtime, typeflag))

struct Descriptor {
  std::string mediaType;
  Digest digest;
  std::uint64_t size = 0;
  std::optional<std::map<std::string, std::string>> annotations;
};
BOOST_DESCRIBE_STRUCT(Descriptor, (), (mediaType, digest, size, annotations))

struct Manifest {
  int schemaVersion = 2;
  std::string mediaType{kManifestType};
  std::string artifactType{kArtifactType};
  Descriptor config;
  std::vector<Descriptor> layers;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (schemaVersion, mediaType, artifactType, config, layers))

struct ModelDescriptor {
  std::optional<std::string> createdAt;
};
BOOST_DESCRIBE_STRUCT(ModelDescriptor, (), (createdAt))

struct ModelConfig {
  std::optional<std::string> format;
};
BOOST_DESCRIBE_STRUCT(ModelConfig, (), (format))

struct ModelFs {
  std::string type = "layers";
  std::vector<Digest> diffIds;
};
BOOST_DESCRIBE_STRUCT(ModelFs, (), (type, diffIds))

struct Configuration {
  ModelDescriptor descriptor;
  ModelConfig config;
  ModelFs modelfs;
};
BOOST_DESCRIBE_STRUCT(Configuration, (), (descriptor, config, modelfs))

// --- kinds of files -----------------------------------------------------------------------------------

constexpr std::string_view kWeight = "application/vnd.cncf.model.weight.v1.raw";
constexpr std::string_view kWeightConfig = "application/vnd.cncf.model.weight.config.v1.raw";
constexpr std::string_view kDoc = "application/vnd.cncf.model.doc.v1.raw";
constexpr std::string_view kCode = "application/vnd.cncf.model.code.v1.raw";
constexpr std::string_view kDataset = "application/vnd.cncf.model.dataset.v1.raw";

struct Kind {
  std::string_view name;
  std::string_view media_type;
};

constexpr Kind kNames[] = {
    {"souk.yaml", kWeightConfig},
    {"labels.txt", kWeightConfig},
    {"vocab.txt", kWeightConfig},
    {"merges.txt", kWeightConfig},
    {"classes.txt", kWeightConfig},
    {"tokenizer.model", kWeightConfig},
    {"requirements.txt", kCode},
    {"makefile", kCode},
    {"dockerfile", kCode},
    {"readme", kDoc},
    {"license", kDoc},
    {"licence", kDoc},
    {"notice", kDoc},
    {"copying", kDoc},
    {"changelog", kDoc},
    {"spiece.model", kWeightConfig},
};

constexpr Kind kExtensions[] = {
    {"onnx", kWeight},
    {"onnx_data", kWeight},
    {"data", kWeight},
    {"safetensors", kWeight},
    {"bin", kWeight},
    {"pt", kWeight},
    {"pth", kWeight},
    {"ckpt", kWeight},
    {"gguf", kWeight},
    {"ggml", kWeight},
    {"h5", kWeight},
    {"keras", kWeight},
    {"pb", kWeight},
    {"tflite", kWeight},
    {"joblib", kWeight},
    {"pkl", kWeight},
    {"pickle", kWeight},
    {"ubj", kWeight},
    {"model", kWeight},
    {"engine", kWeight},
    {"plan", kWeight},
    {"mlmodel", kWeight},
    {"msgpack", kWeight},
    {"weights", kWeight},
    {"ort", kWeight},
    {"json", kWeightConfig},
    {"yaml", kWeightConfig},
    {"yml", kWeightConfig},
    {"toml", kWeightConfig},
    {"cfg", kWeightConfig},
    {"ini", kWeightConfig},
    {"jinja", kWeightConfig},
    {"index", kWeightConfig},
    {"md", kDoc},
    {"rst", kDoc},
    {"pdf", kDoc},
    {"html", kDoc},
    {"txt", kDoc},
    {"py", kCode},
    {"ipynb", kCode},
    {"sh", kCode},
    {"c", kCode},
    {"cc", kCode},
    {"cpp", kCode},
    {"h", kCode},
    {"hpp", kCode},
    {"js", kCode},
    {"ts", kCode},
    {"rs", kCode},
    {"go", kCode},
    {"java", kCode},
    {"r", kCode},
    {"lua", kCode},
    {"csv", kDataset},
    {"tsv", kDataset},
    {"parquet", kDataset},
    {"jsonl", kDataset},
    {"arrow", kDataset},
    {"npy", kDataset},
    {"npz", kDataset},
    {"png", kDataset},
    {"jpg", kDataset},
    {"jpeg", kDataset},
    {"gif", kDataset},
    {"webp", kDataset},
    {"wav", kDataset},
    {"mp3", kDataset},
    {"flac", kDataset},
    {"mp4", kDataset},
    {"idx", kDataset},
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string extension(std::string_view path) {
  const std::string_view name = file_name(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? "" : lower(name.substr(dot + 1));
}

// config.md names the formats; only weights that say theirs by their name count.
std::optional<std::string> model_format(const std::vector<PackFile>& files) {
  constexpr std::array<std::string_view, 9> kFormats{"onnx", "safetensors", "gguf",   "pt",    "pth",
                                                     "h5",   "keras",       "tflite", "joblib"};
  for (const std::string_view format : kFormats) {
    for (const PackFile& file : files) {
      if (file.media_type == kWeight && extension(file.path) == format)
        return std::string(format == "pth" ? "pt" : format);
    }
  }
  return std::nullopt;
}

// --- the folder ---------------------------------------------------------------------------------------

Error refuse(const fs::path& path, const std::string& why) {
  return invalid_argument("cannot pack " + path.string() + ": " + why);
}

bool inside(const fs::path& path, const fs::path& root) {
  const auto [rest, _] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return rest == root.end();
}

Status check_name(const fs::path& path, const std::string& name) {
  if (!json::is_utf8(name)) return refuse(path, "its name is not UTF-8; rename it");
  const bool control = std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control || name.find('\\') != std::string::npos) {
    return refuse(path, "its name holds a control character or a backslash; rename it");
  }
  return {};
}

Result<PackFile> one_file(const fs::path& on_disk, std::string path) {
  std::error_code error;
  const fs::file_status status = fs::status(on_disk, error);
  if (error) return refuse(on_disk, error.message());
  if (!fs::is_regular_file(status)) return refuse(on_disk, "it is neither a file nor a folder");
  PackFile file;
  file.size = fs::file_size(on_disk, error);
  if (error) return refuse(on_disk, error.message());
  file.executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
  file.media_type = layer_media_type(path, file.guessed);
  file.path = std::move(path);
  file.on_disk = on_disk;
  return file;
}

// Where a link inside `root` leads: a file inside of it.
Result<fs::path> follow_link(const fs::path& link, const fs::path& root) {
  std::error_code error;
  fs::path target = fs::canonical(link, error);
  if (error) return refuse(link, "the link leads nowhere (" + error.message() + ")");
  if (!inside(target, root)) {
    return refuse(link, "the link leads out of the folder, to " + target.string() + "; put a copy in its place");
  }
  if (fs::is_directory(target)) return refuse(link, "it is a link to a folder; put a copy in its place");
  return target;
}

Result<std::vector<PackFile>> collect_folder(const fs::path& root, const PackOptions& options) {
  std::vector<PackFile> files;
  std::error_code error;
  const auto listed = [&options](const std::string& path, bool folder) {
    return std::any_of(options.include.begin(), options.include.end(), [&](const std::string& one) {
      return one == path || one.starts_with(path + "/") || (!folder && path.starts_with(one + "/"));
    });
  };
  auto walk = fs::recursive_directory_iterator(root, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    const fs::path on_disk = walk->path();
    const std::string path = on_disk.lexically_relative(root).generic_string();
    const bool folder = walk->is_directory() && !walk->is_symlink();
    const bool hidden = path.front() == '.' || path.find("/.") != std::string::npos;
    if (hidden && !listed(path, folder)) {
      if (folder) walk.disable_recursion_pending();
      continue;
    }
    SOUK_TRY(check_name(on_disk, path));
    if (folder) continue;
    const fs::path target = walk->is_symlink() ? SOUK_TRY(follow_link(on_disk, root)) : on_disk;
    files.push_back(SOUK_TRY(one_file(target, path)));
  }
  if (error) return refuse(root, error.message());
  return files;
}

}  // namespace

std::string layer_media_type(std::string_view path, bool& guessed) {
  guessed = false;
  const std::string name = lower(file_name(path));
  const std::string stem = name.substr(0, name.find('.'));
  for (const Kind& kind : kNames) {
    if (kind.name == name || (kind.media_type == kDoc && kind.name == stem)) return std::string(kind.media_type);
  }
  const std::string ending = extension(path);
  for (const Kind& kind : kExtensions) {
    if (kind.name == ending) return std::string(kind.media_type);
  }
  guessed = true;
  return std::string(kWeight);
}

Result<std::vector<PackFile>> collect_files(const fs::path& source, const PackOptions& options) {
  std::error_code error;
  const fs::path root = fs::canonical(source, error);
  if (error) {
    return not_found("cannot pack " + source.string() + ": " + error.message())
        .advise("give an .onnx file or a folder that holds the model");
  }
  std::vector<PackFile> files;
  if (fs::is_directory(root)) {
    files = SOUK_TRY(collect_folder(root, options));
  } else {
    const std::string name = source.filename().string();
    SOUK_TRY(check_name(source, name));
    files.push_back(SOUK_TRY(one_file(root, name)));
  }
  if (files.empty()) {
    return refuse(source, "there are no files in it (hidden ones are left out; --include takes them)");
  }
  std::sort(files.begin(), files.end(), [](const PackFile& a, const PackFile& b) { return a.path < b.path; });
  return files;
}

Packed make_manifest(const std::vector<PackFile>& files, const std::vector<Digest>& digests,
                     const PackOptions& options) {
  Configuration configuration;
  configuration.descriptor.createdAt = options.created_at;
  configuration.config.format = model_format(files);
  configuration.modelfs.diffIds = digests;
  Manifest manifest;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const PackFile& file = files[i];
    FileMetadata metadata;
    metadata.name = file_name(file.path);
    metadata.mode = file.executable ? 0755 : 0644;
    metadata.size = static_cast<std::int64_t>(file.size);
    std::map<std::string, std::string> annotations{
        {std::string(kFilepathAnnotation), file.path},
        {"org.cncf.model.file.metadata+json", json::write(metadata)},
    };
    if (file.guessed) annotations["org.cncf.model.file.mediatype.untested"] = "true";
    manifest.layers.push_back({file.media_type, digests[i], file.size, std::move(annotations)});
  }
  Packed packed;
  packed.config = json::write(configuration);
  manifest.config = {std::string(kConfigType), sha256(packed.config), packed.config.size(), std::nullopt};
  packed.manifest = json::write(manifest);
  return packed;
}

}  // namespace souk::cli
