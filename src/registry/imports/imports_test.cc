// SPDX-License-Identifier: Apache-2.0
#include "registry/imports/imports.h"

#include <gtest/gtest.h>

#include "registry/imports/download.h"
#include "registry/imports/test_archives.h"
#include "registry/test_registry.h"
#include "work/work_testing.h"

namespace souk::registry {
namespace {

class ImportsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    w_ = std::make_unique<TestRegistry>(GetParam());
    start({});
  }
  void TearDown() override {
    node_.reset();
    imports_.reset();
  }
  void start(ImportSettings settings) {
    node_.reset();
    node_ = std::make_unique<work::TestNode>(*w_->store, "one");
    imports_ =
        TestRegistry::must(Imports::make(std::move(settings), {}, *w_->store, *w_->events, *w_->access, *w_->artifacts,
                                         *w_->registry, node_->work, w_->database.log, w_->database.metrics));
  }
  NewImport blob(const std::string& bytes) {
    const Digest digest = TestRegistry::must(w_->blobs->put(as_bytes(bytes)));
    TestRegistry::must(w_->artifacts->link_blob(w_->repository("m"), digest, bytes.size()));
    NewImport out;
    out.source = digest.string();
    return out;
  }
  Result<Import> create(const NewImport& wanted) { return imports_->create(w_->call, w_->repository("m"), wanted); }
  Import finished(ImportId id) {
    Import seen;
    work::eventually([&] {
      seen = TestRegistry::must(imports_->get(w_->repository("m"), id));
      return seen.is_over();
    });
    return seen;
  }
  Import run(const NewImport& wanted) {
    const Import made = TestRegistry::must(create(wanted));
    EXPECT_EQ(made.state, ImportState::QUEUED);
    if (!node_->nodes.alive()) node_->start();
    return finished(made.id);
  }
  std::int64_t count(const std::string& sql) {
    return TestRegistry::must(w_->store->read([&](store::Tx& tx) { return tx.scalar<std::int64_t>(sql); })).value_or(0);
  }

  std::unique_ptr<TestRegistry> w_;
  std::unique_ptr<work::TestNode> node_;
  std::unique_ptr<Imports> imports_;
};
SOUK_ON_BOTH_DATABASES(ImportsTest);

TEST_P(ImportsTest, makes_the_version_that_a_push_of_the_files_makes) {
  std::optional<Digest> digest;
  for (const char* form : {"zip", "tar", "tar.gz", "tar.zst"}) {
    NewImport wanted = blob(pack(form, {{"m/model.onnx", "weights"}, {"m/README.md", "text"}, {"other", "x"}}));
    wanted.folder = "m";
    wanted.aliases = {"champion"};
    const Import import = run(wanted);
    ASSERT_EQ(import.state, ImportState::SUCCEEDED) << import.error;
    EXPECT_EQ(import.version, 1);
    EXPECT_EQ(import.files, 2);
    EXPECT_EQ(import.done_bytes, import.total_bytes);
    EXPECT_EQ(digest.value_or(*import.digest), *import.digest);
    digest = import.digest;
  }
  const auto version = TestRegistry::must(w_->registry->get_version(w_->model("m"), "1"));
  EXPECT_EQ(version.format, "onnx");
  EXPECT_EQ(version.sealed_digest, digest);
  const auto files = TestRegistry::must(w_->registry->version_files(w_->model("m"), version));
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].path, "README.md");
  EXPECT_EQ(TestRegistry::must(w_->registry->list_aliases(w_->model("m"))).size(), 1u);
  EXPECT_EQ(TestRegistry::must(imports_->list(w_->repository("m"))).size(), 4u);
  EXPECT_EQ(count("SELECT COUNT(*) FROM import_files"), 0);
}

TEST_P(ImportsTest, a_file_that_is_no_archive_is_the_version) {
  NewImport wanted = blob("weights");
  wanted.file_name = "model.onnx";
  wanted.tag = "v1";
  const Import import = run(wanted);
  ASSERT_EQ(import.state, ImportState::SUCCEEDED) << import.error;
  EXPECT_EQ(TestRegistry::must(w_->registry->get_version(w_->model("m"), "v1")).number, 1);
}

TEST_P(ImportsTest, a_failed_one_says_why_and_leaves_nothing_to_do) {
  for (const auto& [bytes, code] :
       {std::pair(pack("zip", {{"good", "1"}, {"../x", "2"}}), "INVALID_ARGUMENT"),
        std::pair(pack("tar", {{"broken.onnx", "x"}}), "INVALID_ARGUMENT"),
        std::pair(pack("tar", {{".hidden", "x"}}), "INVALID_ARGUMENT"),
        std::pair(pack("zip", {{"zeros", std::string(70 << 20, '\0')}}), "RESOURCE_EXHAUSTED")}) {
    const Import import = run(blob(bytes));
    EXPECT_EQ(import.state, ImportState::FAILED);
    EXPECT_EQ(import.error_code, code) << import.error;
    EXPECT_FALSE(import.error.empty());
  }
  EXPECT_EQ(count("SELECT COUNT(*) FROM model_versions"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM import_files"), 0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM work_items"), 0);  // no dead letters
}

TEST_P(ImportsTest, goes_on_with_what_was_stored) {
  const std::string bytes = pack("tar", {{"a.bin", "first"}, {"b.bin", "second"}});
  const Import made = TestRegistry::must(create(blob(bytes)));
  // As if an earlier attempt had stored the first file, under other bytes: they are taken as they are.
  const Digest stored = TestRegistry::must(w_->blobs->put(as_bytes("FIRST")));
  TestRegistry::must(w_->artifacts->link_blob(w_->repository("m"), stored, 5));
  TestRegistry::must(w_->store->write([&](store::Tx& tx) {
    return tx.exec(
        "INSERT INTO import_files (import_id, path, size, digest, executable) VALUES ($1, 'a.bin', 5, $2, 0)", made.id,
        stored);
  }));
  node_->start();
  const Import import = finished(made.id);
  ASSERT_EQ(import.state, ImportState::SUCCEEDED) << import.error;
  const auto version = TestRegistry::must(w_->registry->get_version(w_->model("m"), "1"));
  EXPECT_EQ(TestRegistry::must(w_->registry->version_files(w_->model("m"), version)).at(0).digest, stored);
}

TEST_P(ImportsTest, is_cancelled_before_it_begins) {
  const Import made = TestRegistry::must(create(blob("weights")));
  const Import import = TestRegistry::must(imports_->cancel(w_->call, w_->repository("m"), made.id));
  EXPECT_EQ(import.state, ImportState::CANCELLED);
  EXPECT_EQ(imports_->cancel(w_->call, w_->repository("m"), made.id).error().code, Code::failed_precondition);
  EXPECT_EQ(count("SELECT COUNT(*) FROM work_items"), 0);
}

TEST_P(ImportsTest, refuses_bad_requests) {
  const auto refused = [&](NewImport wanted, Code code, const std::string& field) {
    const auto made = create(wanted);
    ASSERT_FALSE(made) << wanted.source;
    EXPECT_EQ(made.error().code, code) << made.error().describe();
    EXPECT_EQ(made.error().field, field) << made.error().describe();
  };
  for (const char* url :
       {"", "ftp://x", "http://", "http://u:p@x/", "http://x/ y", "http://x/\\y", "file:///etc/passwd"}) {
    refused({.kind = ImportKind::URL, .source = url}, Code::invalid_argument, "url");
  }
  refused({.kind = ImportKind::S3, .source = "s3://models/x"}, Code::permission_denied, "s3");
  refused({.source = "sha256:1"}, Code::invalid_argument, "blob");
  refused({.source = sha256("nowhere").string()}, Code::not_found, "");
  NewImport wanted = blob("x");
  wanted.tag = "../x";
  refused(wanted, Code::invalid_argument, "tag");
  wanted = blob("x");
  wanted.folder = "../x";
  refused(wanted, Code::invalid_argument, "folder");
  wanted = blob("x");
  wanted.aliases = {"a/b"};
  refused(wanted, Code::invalid_argument, "aliases");
  EXPECT_EQ(imports_->get(w_->repository("m"), ImportId(99)).error().code, Code::not_found);
}

TEST_P(ImportsTest, takes_prefixes_that_are_allowed_only) {
  ImportSettings settings;
  settings.s3 = {"s3://models/open?endpoint=http://127.0.0.1:1&region=r"};
  start(std::move(settings));
  const auto code = [&](const char* source) {
    const auto made = create({.kind = ImportKind::S3, .source = source});
    return made ? std::nullopt : std::optional(made.error().code);
  };
  EXPECT_EQ(code("s3://models/open"), std::nullopt);
  EXPECT_EQ(code("s3://models/open/a/b/"), std::nullopt);
  for (const char* source : {"s3://models", "s3://models/", "s3://models/opener", "s3://models/open/../x",
                             "s3://others/open", "s3://models/open/%2e%2e/x", "s3://models/open/./x", "models/open"}) {
    EXPECT_EQ(code(source), Code::permission_denied) << source;
  }
}

TEST(Download, NamesTheFileByItsUrl) {
  EXPECT_EQ(file_name_of_url("https://x/a/model.zip?token=1#top"), "model.zip");
  EXPECT_EQ(file_name_of_url("https://x/a%20b.bin"), "a b.bin");
  for (const char* url : {"https://x", "https://x/", "https://x/..", "https://x/%2e%2e", "https://x/a%2fb",
                          "https://x/%00", "https://x/.git"}) {
    EXPECT_EQ(file_name_of_url(url), "download") << url;
  }
}

}  // namespace
}  // namespace souk::registry
