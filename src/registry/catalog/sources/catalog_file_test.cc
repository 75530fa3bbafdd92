// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "registry/catalog/entries.h"
#include "registry/catalog/sources/files.h"
#include "registry/catalog/sources/globs.h"
#include "registry/catalog/sources/loaders.h"
#include "registry/catalog/sources/performance.h"

namespace souk::registry {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "souk_catalog_test_XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) {
    const fs::path file = path / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
  }
  fs::path path;
};

SourceConfig config_of(CatalogAsset asset = CatalogAsset::models) {
  SourceConfig out;
  out.type = "yaml";
  out.source.id = "s";
  out.source.asset = asset;
  return out;
}

LoadedSource load(const std::string& yaml, SourceConfig config = config_of(), CatalogSettings settings = {}) {
  return load_catalog_text(config, yaml, settings);
}

TEST(Globs, AreWholeNamesWithoutCase) {
  EXPECT_TRUE(matches_glob("ibm-granite/granite-8b", "IBM-granite/*"));
  EXPECT_TRUE(matches_glob("a/b-draft", "*-draft"));
  EXPECT_TRUE(matches_glob("a%b_c\\d", "a%b_c\\d"));
  EXPECT_FALSE(matches_glob("axb", "a_b"));
  EXPECT_FALSE(matches_glob("ibm/x", "ibm"));
  EXPECT_TRUE(takes("m", {}, {}));
  EXPECT_FALSE(takes("m", {"m"}, {"*"}));
  EXPECT_FALSE(takes("m", {"n"}, {}));
  EXPECT_TRUE(check_globs({"a"}, {"b"}));
  EXPECT_FALSE(check_globs({" "}, {}));
  EXPECT_FALSE(check_globs({"a"}, {"a"}));
}

TEST(CatalogFile, ReadsModelsWithArtifacts) {
  const LoadedSource loaded = load(R"(
source: Somewhere
models:
  - name: ibm/granite
    provider: IBM
    language: [en, de]
    tasks: [text-generation]
    createTimeSinceEpoch: "1736510400000"
    lastUpdateTimeSinceEpoch: 1736510400001
    unknown: {a: 1}
    customProperties:
      size: {metadataType: MetadataStringValue, string_value: 8B}
      accuracy: 0.5
    artifacts:
      - uri: oci://example.com/granite:1
      - artifactType: metrics-artifact
        metricsType: accuracy-metrics
        customProperties: {overall_average: {metadataType: MetadataDoubleValue, double_value: 61}}
)");
  ASSERT_EQ(loaded.broken, 0u) << loaded.error;
  ASSERT_EQ(loaded.models.size(), 1u);
  const CatalogModel& model = *loaded.models[0];
  EXPECT_EQ(model.id, catalog_id("model", "s", "ibm/granite"));
  EXPECT_EQ(model.artifacts.size(), 2u);
  EXPECT_NE(model.json.find(R"("source_id":"s")"), std::string::npos);
  EXPECT_NE(model.json.find(R"("lastUpdateTimeSinceEpoch":"1736510400001")"), std::string::npos);
  EXPECT_NE(model.json.find(R"("accuracy":{"double_value":0.5,"metadataType":"MetadataDoubleValue"})"),
            std::string::npos);
  EXPECT_EQ(model.json.find("unknown"), std::string::npos);
  EXPECT_EQ(std::get<double>(*model.facts.find("artifacts.overall_average")), 61);
  EXPECT_EQ(std::get<std::string>(*model.facts.find("custom_properties.size")), "8B");
}

TEST(CatalogFile, OneWrongEntryTakesNothingElseDown) {
  const LoadedSource loaded = load(R"(
models:
  - name: good
  - description: without a name
  - name: [1]
  - name: twice
  - name: twice
  - name: bad-artifact
    artifacts: [{artifactType: model-artifact}]
  - name: bad-time
    createTimeSinceEpoch: yesterday
  - name: bad-property
    customProperties: {p: {metadataType: MetadataProtoValue, type: t, proto_value: AA==}}
  - text
  - name: last
)");
  ASSERT_EQ(loaded.models.size(), 3u);
  EXPECT_EQ(loaded.models[2]->name, "last");
  EXPECT_EQ(loaded.broken, 7u);
  EXPECT_NE(loaded.error.find("without a name"), std::string::npos) << loaded.error;
}

TEST(CatalogFile, RefusesBombsAndWhatIsNoCatalogue) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", " : "") + before;
    bomb += "]\n";
  }
  for (const std::string& text :
       {bomb + "models: *a11\n", std::string("models: ") + std::string(100, '[') + std::string(100, ']'),
        std::string("models: {}"), std::string("- a"), std::string("models: [\x01]"), std::string()}) {
    const LoadedSource loaded = load(text);
    EXPECT_TRUE(loaded.empty());
    EXPECT_EQ(loaded.broken, 1u) << text.substr(0, 40);
  }
  CatalogSettings small;
  small.max_models = 2;
  const LoadedSource cut = load("models: [{name: a}, {name: b}, {name: c}]", config_of(), small);
  EXPECT_EQ(cut.models.size(), 2u);
  EXPECT_NE(cut.error.find("catalog.max_models"), std::string::npos);
}

TEST(CatalogFile, ReadsServersWithTools) {
  const LoadedSource loaded = load(R"(
mcp_servers:
  - name: weather
    version: 2
    transports: [stdio, http]
    deploymentMode: local
    tags: [weather]
    customProperties: {verifiedSource: {metadataType: MetadataBoolValue, bool_value: true}}
    runtimeMetadata:
      defaultPort: 8080
      requiredEnvironmentVariables: [{name: PORT, description: where, defaultValue: 8080}]
      recommendedResources: {minimal: {cpu: 1, memory: 64Mi}}
    tools:
      - name: forecast
        accessType: read_only
        parameters: [{name: city, type: string, required: true}]
      - name: unknown
  - name: bad-transport
    transports: [carrier-pigeon]
  - name: bad-tools
    tools: [{name: a}, {name: a}]
  - name: bad-port
    runtimeMetadata: {defaultPort: 70000}
)",
                                   config_of(CatalogAsset::mcp_servers));
  ASSERT_EQ(loaded.servers.size(), 1u) << loaded.error;
  EXPECT_EQ(loaded.broken, 3u);
  const McpServer& server = *loaded.servers[0];
  EXPECT_NE(server.json.find(R"("version":"2")"), std::string::npos) << server.json;
  EXPECT_NE(server.json.find(R"("defaultValue":"8080")"), std::string::npos);
  EXPECT_NE(server.json.find(R"("toolCount":2)"), std::string::npos);
  EXPECT_TRUE(std::get<bool>(*server.facts.find("securityIndicators.verifiedSource")));
  ASSERT_EQ(server.tools.size(), 2u);
  EXPECT_NE(server.tools[1].json.find(R"("accessType":"execute")"), std::string::npos);
}

TEST(CatalogFiles, StayInTheFolderAndInTheirBounds) {
  const Folder folder, other;
  Folder& here = const_cast<Folder&>(folder);
  here.write("models.yaml", "models: [{name: a}]");
  here.write("deep/er/m.yaml", "x");
  const std::string outside = const_cast<Folder&>(other).write("secret.yaml", "models: []");
  fs::create_symlink(outside, folder.path / "link.yaml");
  fs::create_symlink("models.yaml", folder.path / "inner.yaml");
  const std::string base = folder.path.string();
  EXPECT_TRUE(path_inside(base, "models.yaml"));
  EXPECT_TRUE(path_inside(base, "deep/../models.yaml"));
  EXPECT_TRUE(path_inside(base, "inner.yaml"));
  EXPECT_TRUE(path_inside(base, base + "/models.yaml"));
  for (const std::string& path : {std::string("../") + other.path.filename().string() + "/secret.yaml", outside,
                                  std::string("link.yaml"), std::string("/etc/passwd")})
    EXPECT_EQ(path_inside(base, path).error().code, Code::permission_denied) << path;
  EXPECT_EQ(path_inside(base, "absent.yaml").error().code, Code::not_found);
  EXPECT_EQ(path_inside(base, std::string("a\0b", 3)).error().code, Code::invalid_argument);

  EXPECT_EQ(read_whole(base, 100).error().code, Code::failed_precondition);
  EXPECT_EQ(read_whole("/dev/zero", 100).error().code, Code::failed_precondition);
  const std::string pipe = base + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_whole(pipe, 100).error().code, Code::failed_precondition);
  const std::string large = here.write("large", "");
  fs::resize_file(large, 1ull << 30);
  EXPECT_EQ(read_whole(large, 16 << 20).error().code, Code::resource_exhausted);
}

TEST(SourcesFile, IsReadPartByPart) {
  const auto file = read_sources(R"(
catalogs:
  - {name: A, id: a, type: yaml, properties: {yamlCatalogPath: a.yaml}, labels: [x]}
  - {name: B, id: b, type: nonsense}
  - {name: C, id: c, type: yaml}
  - {name: no id, type: yaml, properties: {yamlCatalogPath: a.yaml}}
  - {id: a, type: souk}
  - {id: g, type: souk, includedModels: [x], excludedModels: [x]}
  - 7
model_catalogs:
  - {id: hub, type: hf, enabled: false, properties: {modelLimit: 5}}
mcp_catalogs:
  - {id: m, type: yaml, properties: {yamlCatalogPath: m.yaml}}
labels:
  - {name: x, displayName: X}
  - {name: null, displayName: the rest}
  - {displayName: no name}
namedQueries:
  good: {verifiedSource: {operator: "=", value: true}, "a.b": {operator: IN, value: [a'b, 2]}}
  bad: {x: {operator: DROP, value: 1}}
)");
  ASSERT_TRUE(file) << file.error().describe();
  std::string ids;
  for (const SourceConfig& one : file->sources)
    ids += one.source.id + (one.source.status == SourceStatus::error ? "! " : " ");
  EXPECT_EQ(ids, "a b! c! g! hub m ");
  EXPECT_FALSE(file->error.empty());
  EXPECT_EQ(file->labels.size(), 2u);
  ASSERT_EQ(file->named_queries.size(), 1u);
  EXPECT_EQ(*filter_of(file->named_queries.at("good")), "`a`.`b` IN ('a\\'b', 2) AND `verifiedSource` = true");
  EXPECT_FALSE(read_sources("a: &a [*a]"));
  EXPECT_FALSE(read_sources("- x"));
  EXPECT_TRUE(read_sources(""));
}

TEST(Performance, IsReadFromFolders) {
  const Folder folder;
  Folder& here = const_cast<Folder&>(folder);
  here.write("RedHatAI/granite/metadata.json", R"({"id":"ibm/granite","overall_accuracy":55.5,"more":1})");
  here.write("RedHatAI/granite/evaluations.ndjson",
             "{\"model_id\":\"x\",\"benchmark\":\"aime24\",\"score\":63}\n\n{\"benchmark\":\"mmlu\",\"score\":0.5}\n");
  here.write(
      "RedHatAI/granite/performance.ndjson",
      "{\"id\":\"p1\",\"model_id\":\"x\",\"ttft_p90\":12.5,\"hardware_count\":2,\"created_at\":1736510400000}\n");
  here.write("broken/metadata.json", "{");
  here.write("broken2/metadata.json", R"({"id":"b2"})");
  here.write("broken2/performance.ndjson", "{}\nnot json\n");
  CatalogSettings settings;
  settings.performance = folder.path.string();
  int wrong = 0;
  const Measured measured = load_performance(settings, [&](const Error&) { ++wrong; });
  EXPECT_EQ(wrong, 2);
  ASSERT_EQ(measured.size(), 1u);
  const auto& artifacts = measured.at("ibm/granite");
  ASSERT_EQ(artifacts.size(), 2u);
  EXPECT_EQ(artifacts[0].properties.text, R"({"aime24":63.0,"mmlu":0.5,"overall_average":55.5})");
  EXPECT_EQ(artifacts[1].external_id, "p1");
  EXPECT_EQ(artifacts[1].properties.text, R"({"model_id":"x","ttft_p90":12.5,"hardware_count":2})");
  const std::string before = performance_mark(settings.performance);
  here.write("broken/metadata.json", "{ }");
  EXPECT_NE(performance_mark(settings.performance), before);
}

}  // namespace
}  // namespace souk::registry
