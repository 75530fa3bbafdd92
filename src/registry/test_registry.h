// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a Registry over a database of either kind, a folder of blobs and an inspector that only plays.
#pragma once

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/test_access.h"
#include "registry/registry.h"

namespace souk::registry {

// Says "onnx" of what has a .onnx file, refuses one that is named broken.onnx, counts its calls. Takes souk.yaml for
// the JSON it would become.
class FakeInspector : public Inspector {
 public:
  Result<Inspection> inspect(const std::vector<VersionFile>& files) override {
    ++calls;
    Inspection out{.missing = "no runtime runs these files"};
    for (const VersionFile& file : files) {
      if (!std::filesystem::exists(file.local_path)) return internal(file.path + " is not there");
      if (file.path == "broken.onnx") return invalid_argument("broken.onnx does not load: bad magic").at("broken.onnx");
      if (file.path.ends_with(".onnx"))
        out = {"onnx", "onnx", "", Signature{{{"x", Datatype::FP32, {-1, 64}}}, {}, {}}, {}};
      if (file.path == "souk.yaml") out.declaration = json::Raw{content(file)};
    }
    return out;
  }
  std::atomic<int> calls{0};

 private:
  static std::string content(const VersionFile& file) {
    std::ifstream in(file.local_path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

class TestRegistry : public access::TestAccess {
 public:
  explicit TestRegistry(store::Dialect dialect) : TestAccess(dialect) {
    static std::atomic<int> count{0};
    folder = std::filesystem::temp_directory_path() /
             ("souk_registry_test_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    blobs = must(blobs::Blobs::open("file:" + folder.string(), database.log, database.metrics));
    artifacts = std::make_unique<artifacts::Artifacts>(*store, *blobs, database.log, database.metrics);
    registry =
        std::make_unique<Registry>(*store, *events, *access, *artifacts, inspector, database.log, database.metrics);
    call = system();
  }
  ~TestRegistry() {
    registry.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  template <class T>
  static T must(Result<T> result) {
    return store::TestDatabase::must(std::move(result));
  }

  AuthorizedNamespace ns(const std::string& slug = "default") {
    return must(access->get_namespace(call, access::Role::WRITER, slug));
  }
  AuthorizedModel model(const std::string& slug) {
    return must(registry->get_model(call, access::Role::OWNER, "default", slug));
  }
  AuthorizedModel make_model(const std::string& slug) {
    must(registry->create_model(call, ns(), {.name = slug, .slug = slug}));
    return model(slug);
  }
  artifacts::Repository repository(const std::string& slug) {
    return must(registry->repository(call, access::Role::WRITER, "default", slug));
  }
  // A blob of the repository, as a descriptor.
  std::string put_blob(const artifacts::Repository& to, const std::string& bytes, const std::string& type,
                       const std::string& path = "") {
    const Digest digest = must(blobs->put(as_bytes(bytes)));
    must(artifacts->link_blob(to, digest, bytes.size()));
    std::string out = R"({"mediaType":")" + type + R"(","digest":")" + digest.string() + R"(","size":)" +
                      std::to_string(bytes.size());
    if (!path.empty()) out += R"(,"annotations":{"org.cncf.model.filepath":")" + path + R"("})";
    return out + "}";
  }
  // The manifest of a model artifact with these files.
  std::string model_manifest(const artifacts::Repository& to, const std::map<std::string, std::string>& files) {
    std::string layers;
    for (const auto& [path, bytes] : files) {
      layers += (layers.empty() ? "" : ",") + put_blob(to, bytes, "application/vnd.cncf.model.weight.v1.raw", path);
    }
    return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":")" +
           std::string(artifacts::kModelArtifactType) + R"(","config":)" +
           put_blob(to, "{}", "application/vnd.cncf.model.config.v1+json") + R"(,"layers":[)" + layers + "]}";
  }
  std::string onnx_manifest(const artifacts::Repository& to, const std::string& bytes) {
    return model_manifest(to, {{"model.onnx", bytes}});
  }
  Result<Pushed> push(const std::string& slug, const std::string& tag, const std::string& manifest) {
    return registry->push_manifest(call, repository(slug), tag, "application/vnd.oci.image.manifest.v1+json", manifest);
  }
  Result<Pushed> push_onnx(const std::string& slug, const std::string& tag, const std::string& bytes) {
    return push(slug, tag, onnx_manifest(repository(slug), bytes));
  }
  std::int64_t count(const std::string& table) {
    const std::string sql = "SELECT COUNT(*) FROM " + table;
    return must(store->read([&](store::Tx& tx) { return tx.scalar<std::int64_t>(sql); })).value_or(-1);
  }
  // "model.created digits; version.created digits:1", of all so far.
  std::string event_types() {
    const auto rows =
        must(store->read([](store::Tx& tx) { return tx.run("SELECT type, name FROM events ORDER BY sequence", {}); }));
    std::string out;
    for (const auto& row : rows.rows) {
      out += (out.empty() ? "" : "; ") + std::get<std::string>(row[0]) + " " + std::get<std::string>(row[1]);
    }
    return out;
  }

  std::filesystem::path folder;
  FakeInspector inspector;
  std::unique_ptr<blobs::Blobs> blobs;
  std::unique_ptr<artifacts::Artifacts> artifacts;
  std::unique_ptr<Registry> registry;
  access::Call call;
};

}  // namespace souk::registry
