// SPDX-License-Identifier: Apache-2.0
#include "base/model_format/model_format.h"

#include <array>
#include <map>

#include "base/json.h"

namespace souk {
namespace {

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
  std::string mediaType{kImageManifestType};
  std::string artifactType{kModelManifestType};
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
std::optional<std::string> model_format(const std::vector<ModelFile>& files) {
  constexpr std::array<std::string_view, 9> kFormats{"onnx", "safetensors", "gguf",   "pt",    "pth",
                                                     "h5",   "keras",       "tflite", "joblib"};
  for (const std::string_view format : kFormats) {
    for (const ModelFile& file : files) {
      if (file.media_type == kWeight && extension(file.path) == format)
        return std::string(format == "pth" ? "pt" : format);
    }
  }
  return std::nullopt;
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

ModelTexts make_model_manifest(const std::vector<ModelFile>& files, const std::optional<std::string>& created_at) {
  Configuration configuration;
  configuration.descriptor.createdAt = created_at;
  configuration.config.format = model_format(files);
  for (const ModelFile& file : files) configuration.modelfs.diffIds.push_back(file.digest);
  Manifest manifest;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ModelFile& file = files[i];
    FileMetadata metadata;
    metadata.name = file_name(file.path);
    metadata.mode = file.executable ? 0755 : 0644;
    metadata.size = static_cast<std::int64_t>(file.size);
    std::map<std::string, std::string> annotations{
        {std::string(kFilepathAnnotation), file.path},
        {"org.cncf.model.file.metadata+json", json::write(metadata)},
    };
    if (file.guessed) annotations["org.cncf.model.file.mediatype.untested"] = "true";
    manifest.layers.push_back({file.media_type, file.digest, file.size, std::move(annotations)});
  }
  ModelTexts packed;
  packed.config = json::write(configuration);
  manifest.config = {std::string(kModelConfigType), sha256(packed.config), packed.config.size(), std::nullopt};
  packed.manifest = json::write(manifest);
  return packed;
}

}  // namespace souk
