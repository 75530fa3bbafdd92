// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/loader.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

#include "runtimes/onnx/external_data.h"
#include "runtimes/onnx/mapped_file.h"
#include "runtimes/onnx/session.h"

namespace souk::runtimes {

struct OnnxLoader::State {
  OnnxSettings settings;
  Logger& log;
  std::shared_ptr<Blocks> blocks;
  std::mutex mutex;  // of environment
  std::shared_ptr<const Environment> environment;

  Result<std::shared_ptr<const Environment>> get_environment() {
    std::lock_guard lock(mutex);
    if (!environment) environment = SOUK_TRY(Environment::start(settings.threads, blocks, log));
    return environment;
  }
};

OnnxLoader::OnnxLoader(OnnxSettings settings, Logger& log, std::shared_ptr<Blocks> blocks)
    : state_(new State{settings, log, blocks ? std::move(blocks) : std::make_shared<Blocks>(), {}, nullptr}) {}
OnnxLoader::~OnnxLoader() = default;

Choice OnnxLoader::find_model(std::span<const registry::VersionFile> files) const {
  std::vector<std::size_t> models;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].path == "model.onnx") return {i, ""};
    if (files[i].path.ends_with(".onnx")) models.push_back(i);
  }
  if (models.empty()) return {};
  if (models.size() == 1) return {models[0], ""};
  return {std::nullopt, "there are " + std::to_string(models.size()) + " .onnx files (" + files[models[0]].path + ", " +
                            files[models[1]].path + (models.size() > 2 ? ", …" : "") +
                            "): name the one to serve model.onnx"};
}

namespace {

// What the process holds in memory.
std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long long size = 0, resident = 0;
  int read = std::fscanf(file, "%llu %llu", &size, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

Error in_file(const std::string& path, Error error) {
  error.message = path + ": " + error.message;
  return error;
}

// "sub/weights.bin" named by "model/net.onnx" is the version's file "model/sub/weights.bin".
std::string beside(const std::string& model, const std::string& location) {
  std::string path = model.substr(0, model.find_last_of('/') + 1) + location;
  for (std::size_t at; (at = path.find("/./")) != std::string::npos;) path.erase(at, 2);
  if (path.starts_with("./")) path.erase(0, 2);
  return path;
}

Result<Weights> open_weights(std::span<const registry::VersionFile> files, const std::string& model,
                             const std::set<std::string>& locations) {
  Weights weights;
  for (const std::string& location : locations) {
    if (location.starts_with('/') || location.find("..") != std::string::npos) {
      return invalid_argument("it takes weights from outside the version's folder");
    }
    std::string path = beside(model, location);
    auto file = std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.path == path; });
    if (file == files.end()) {
      return invalid_argument("its weights lie in \"" + location + "\", which is not among the version's files");
    }
    weights.push_back({location, SOUK_TRY(MappedFile::open(file->local_path, file->path))});
  }
  return weights;
}

}  // namespace

Result<std::shared_ptr<Runtime>> OnnxLoader::load(std::span<const registry::VersionFile> files, Concurrency wanted) {
  Choice choice = find_model(files);
  if (!choice.model) return invalid_argument(choice.problem.empty() ? "there is no .onnx file" : choice.problem);
  const registry::VersionFile& file = files[*choice.model];
  auto environment = SOUK_TRY(state_->get_environment());
  std::uint64_t before = resident_bytes();
  std::shared_ptr<OnnxSession> session;
  {
    MappedFile model = SOUK_TRY(MappedFile::open(file.local_path, file.path));
    if (model.bytes().empty()) return invalid_argument(file.path + ": the file is empty");
    auto external = external_data(model.bytes());
    if (!external) return in_file(file.path, external.error());
    auto weights = open_weights(files, file.path, external->locations);
    if (!weights) return in_file(file.path, weights.error());
    auto opened =
        OnnxSession::open(std::move(environment), model.bytes(), *std::move(weights), external->tensors, wanted);
    if (!opened) return in_file(file.path, opened.error());
    session = std::move(*opened);
  }
  std::uint64_t after = resident_bytes();
  session->set_memory({after > before ? after - before : 0});
  return std::shared_ptr<Runtime>(std::move(session));
}

}  // namespace souk::runtimes
