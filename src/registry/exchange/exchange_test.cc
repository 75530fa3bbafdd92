// SPDX-License-Identifier: Apache-2.0
#include "registry/exchange/exchange.h"

#include <gtest/gtest.h>

#include "registry/exchange/archive_writer.h"
#include "registry/exchange/state.h"
#include "registry/imports/test_archives.h"
#include "registry/metrics/run_log.h"
#include "registry/records/records.h"
#include "registry/test_registry.h"
#include "work/work_testing.h"

namespace souk::registry {
namespace {

TEST(Lines, paths_are_those_of_parts_alone) {
  EXPECT_EQ(unit_of("models/a-b/000000.jsonl"), "models/a-b");
  EXPECT_EQ(unit_of("lineage/000012.jsonl"), "lineage");
  for (const char* wrong :
       {"", "models/000000.jsonl", "models/a/b/000000.jsonl", "models/a/00000.jsonl", "/000000.jsonl",
        "models/a/00000x.jsonl", "other/a/000000.jsonl", "000000.jsonl", "models/a/000000.json"})
    EXPECT_FALSE(unit_of(wrong)) << wrong;
}

TEST(Lines, points_survive_and_odd_ones_are_refused) {
  for (const double value : {0.1, -1e308, 5e-324, 3.0}) {
    const auto back = point_of(point_text({-7, from_millis(1234), value}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->value, value);
    EXPECT_EQ(back->step, -7);
  }
  for (const char* wrong : {"[]", "[1,2]", "[1,2,3,4]", "{}", "[1.5,2,3]", "[1,2,\"3\"]", "[1,2,null]", "5"})
    EXPECT_FALSE(point_of(json::Raw{wrong})) << wrong;
}

TEST(Lines, hostile_ones_are_refused_with_their_number) {
  const auto check = [](const std::string& text) { return each_line(text, Applier::check); };
  for (const char* wrong :
       {"{", "{}", R"({"type":"NOTHING"})", R"({"type":"MODEL"})", R"({"type":"MODEL","row":5})",
        R"({"type":"POINTS","name":"x","points":[[1,2]]})", R"({"type":"EDGE","edge":["a"]})", R"({"type":"TAG"})",
        R"({"type":"MANIFEST","bytes":"e30=","media_type":"x","digest":"sha256:00"})", R"({"type":"ALIAS","name":"-"})",
        R"({"type":"RUN","row":{}})", R"({"type":"VERSION","row":null})"}) {
    const Status refused = check(std::string(wrong) + "\n");
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Code::invalid_argument) << wrong;
    EXPECT_NE(refused.error().describe().find("line 1"), std::string::npos);
  }
  EXPECT_FALSE(check(std::string(10 << 20, 'x')));
}

class ExchangeTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
    node_ = std::make_unique<work::TestNode>(*w_->store, "one");
    exchange_ = std::make_unique<Exchange>(ExchangeSettings{}, *w_->store, *w_->events, *w_->access, *w_->artifacts,
                                           w_->inspector, node_->work, w_->database.log);
    node_->start();
    w_->make_namespace("other");
  }
  void TearDown() override {
    node_.reset();
    exchange_.reset();
  }
  Transfer finished(const Transfer& begun, const std::string& ns) {
    Transfer seen;
    work::eventually([&] {
      seen = TestRegistry::must(exchange_->get(w_->call, ns, begun.kind, begun.id));
      return seen.is_over();
    });
    return seen;
  }
  Transfer exported(const std::string& ns) {
    return finished(TestRegistry::must(exchange_->begin_export(w_->call, ns)), ns);
  }
  Transfer imported(const Digest& archive, Conflict conflict = Conflict::FAIL) {
    const auto ns = TestRegistry::must(w_->access->get_namespace(w_->call, access::Role::WRITER, "other"));
    const artifacts::Repository to{ns->id, ns->slug, std::string(kArchives)};
    TestRegistry::must(w_->artifacts->link_blob(to, archive, *TestRegistry::must(w_->blobs->find_size(archive))));
    return finished(TestRegistry::must(exchange_->begin_import(w_->call, "other", archive, conflict)), "other");
  }
  // The parts of a namespace with their digests.
  std::map<std::string, Digest> parts(const std::string& ns) {
    const auto in = TestRegistry::must(w_->access->get_namespace(w_->call, access::Role::WRITER, ns));
    std::map<std::string, Digest> out;
    Exporter exporter(*w_->store, in->id, ns);
    TestRegistry::must(exporter.all([&](const std::string& path, const std::string& text) -> Status {
      out[path] = sha256(text);
      return {};
    }));
    return out;
  }
  void fill() {
    TestRegistry::must(w_->push_onnx("m", "1", "one"));
    TestRegistry::must(w_->push_onnx("m", "2", "two"));
    TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "1"));
    TestRegistry::must(w_->registry->set_alias(w_->call, w_->model("m"), "champion", "2"));
    Experiment experiment;
    experiment.namespace_id = w_->ns()->id;
    experiment.name = experiment.slug = "e";
    experiment = TestRegistry::must(Records<Experiment>(*w_->registry).create(w_->call, experiment));
    Records<ExperimentRun> runs(*w_->registry);
    ExperimentRun run;
    run.namespace_id = experiment.namespace_id;
    run.experiment_id = experiment.id;
    run.name = "r";
    run = TestRegistry::must(runs.create(w_->call, run, false));
    LogBatch batch;
    for (int i = 0; i < 5000; ++i) batch.metrics.push_back({"loss", 1.0 / (i + 1), i, {}});
    TestRegistry::must(RunLog(*w_->registry)
                           .log(w_->call, TestRegistry::must(runs.get(w_->call, access::Role::WRITER, run.id)), batch));
  }

  std::unique_ptr<TestRegistry> w_;
  std::unique_ptr<work::TestNode> node_;
  std::unique_ptr<Exchange> exchange_;
};
SOUK_ON_BOTH_DATABASES(ExchangeTest);

TEST_P(ExchangeTest, what_comes_out_goes_in_once) {
  fill();
  const Transfer out = exported("default");
  ASSERT_EQ(out.state, TransferState::SUCCEEDED) << out.error;
  EXPECT_EQ(out.created, 2);
  const Transfer in = imported(*out.archive);
  ASSERT_EQ(in.state, TransferState::SUCCEEDED) << in.error;
  EXPECT_EQ(in.created, 2);
  EXPECT_EQ(in.source, "default");
  EXPECT_EQ(parts("other"), parts("default"));
  const auto model = TestRegistry::must(w_->registry->get_model(w_->call, access::Role::READER, "other", "m"));
  const auto version = TestRegistry::must(w_->registry->resolve(model, *Reference::parse("m@champion")));
  EXPECT_EQ(version.number, 2);
  EXPECT_EQ(version.format, "onnx");
  EXPECT_TRUE(version.signature);
  const Transfer again = imported(*out.archive);
  EXPECT_EQ(again.created, 0);
  EXPECT_EQ(again.unchanged, 2) << again.error;
  EXPECT_EQ(w_->count("exchange_entries"), 0);
  EXPECT_EQ(w_->count("artifact_references WHERE holder_kind = 'namespace_transfer'"), 1);  // the archive
  EXPECT_EQ(w_->count("work_items"), 0);
}

TEST_P(ExchangeTest, a_conflict_changes_nothing) {
  fill();
  const Transfer out = exported("default");
  const auto other = TestRegistry::must(w_->access->get_namespace(w_->call, access::Role::WRITER, "other"));
  TestRegistry::must(w_->registry->create_model(w_->call, other, {.name = "m", .slug = "taken"}));
  const Transfer in = imported(*out.archive);
  EXPECT_EQ(in.state, TransferState::FAILED);
  EXPECT_NE(in.error.find("models/m"), std::string::npos) << in.error;
  EXPECT_EQ(w_->count("experiments"), 1);
  const Transfer skipped = imported(*out.archive, Conflict::SKIP);
  EXPECT_EQ(skipped.state, TransferState::SUCCEEDED) << skipped.error;
  EXPECT_EQ(skipped.skipped, 1);
  EXPECT_EQ(w_->count("experiments"), 2);
}

TEST_P(ExchangeTest, other_bytes_of_the_server_are_not_to_be_had) {
  fill();
  // Bytes that the archive does not bring, though the server has them.
  std::string archive_bytes;
  auto writer = TestRegistry::must(ArchiveWriter::open([&](std::span<const std::byte> bytes) -> Status {
    archive_bytes.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }));
  std::string manifest;
  const auto add = [&](const std::string& path, const std::string& text, bool listed) {
    TestRegistry::must(writer->file(path, text));
    if (listed)
      manifest += json::write(ManifestLine{path, sha256(text), static_cast<std::int64_t>(text.size())}) + "\n";
  };
  add(std::string(kHead), json::write(ArchiveHead{}) + "\n", false);
  const auto in = TestRegistry::must(w_->access->get_namespace(w_->call, access::Role::WRITER, "default"));
  TestRegistry::must(Exporter(*w_->store, in->id, "default").all([&](const std::string& path, const std::string& text) {
    if (path.starts_with("models/")) add(path, text, true);
    return Status();
  }));
  add(std::string(kManifest), manifest, false);
  TestRegistry::must(writer->close());
  const Transfer refused = imported(TestRegistry::must(w_->blobs->put(as_bytes(archive_bytes))));
  EXPECT_EQ(refused.state, TransferState::FAILED);
  EXPECT_NE(refused.error.find("does not hold the bytes"), std::string::npos) << refused.error;
}

TEST_P(ExchangeTest, what_is_no_archive_is_refused) {
  for (const std::string& bytes : {std::string("hello"), std::string(), pack("tar.zst", {{"README.md", "x"}}),
                                   pack("tar", {{"../x", "x"}}), pack("tar.zst", {{"souk-archive.json", "{}"}}),
                                   pack("tar", {{"souk-archive.json", "{"}, {"manifest.jsonl", ""}})}) {
    const Transfer in = imported(TestRegistry::must(w_->blobs->put(as_bytes(bytes))));
    EXPECT_EQ(in.state, TransferState::FAILED);
    EXPECT_FALSE(in.error.empty());
  }
  EXPECT_EQ(w_->count("registered_models"), 0);
  EXPECT_EQ(w_->count("exchange_entries"), 0);
}

}  // namespace
}  // namespace souk::registry
