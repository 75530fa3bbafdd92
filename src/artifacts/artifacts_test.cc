// SPDX-License-Identifier: Apache-2.0
#include "artifacts/artifacts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "store/test_database.h"

namespace souk::artifacts {
namespace {

constexpr Duration kNoGrace{-1000};  // what was used a moment ago counts as long ago

class ArtifactsTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_.emplace(GetParam());
    store_ = database_->open_migrated();
    std::string form = (std::filesystem::temp_directory_path() / "souk_artifacts_XXXXXX").string();
    folder_ = mkdtemp(form.data());
    blobs_ = std::move(*blobs::Blobs::open("file:" + folder_.string(), database_->log, database_->metrics));
    artifacts_.emplace(*store_, *blobs_, database_->log, database_->metrics);
  }
  void TearDown() override {
    artifacts_.reset();
    blobs_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // What a restart leaves: the rows and the files.
  void restart() { artifacts_.emplace(*store_, *blobs_, database_->log, database_->metrics); }

  Digest push(const Repository& repository, std::string_view text) {
    auto id = artifacts_->start_upload(repository);
    EXPECT_TRUE(id) << id.error().describe();
    auto writer = artifacts_->take_upload(repository, *id);
    EXPECT_TRUE(writer) << writer.error().describe();
    EXPECT_TRUE((*writer)->write(as_bytes(text)));
    auto digest = artifacts_->finish_upload(repository, std::move(*writer), sha256(text));
    EXPECT_TRUE(digest) << digest.error().describe();
    return *digest;
  }
  std::string manifest_text(const Repository& repository, std::string_view layer, std::string_view more = "") {
    Digest config = push(repository, "{}"), digest = push(repository, layer);
    return R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":")" +
           config.string() + R"(","size":2},"layers":[{"mediaType":"text/plain","digest":")" + digest.string() +
           R"(","size":)" + std::to_string(layer.size()) + "}]" + std::string(more) + "}";
  }
  Digest put(const Repository& repository, std::string_view text, std::string_view tag = "",
             std::string_view type = kImageManifest) {
    auto manifest = artifacts_->check_manifest(repository, type, text);
    EXPECT_TRUE(manifest) << manifest.error().describe();
    Status done = store_->write([&](store::Tx& tx) -> Status {
      SOUK_TRY(artifacts_->put_manifest(tx, repository, type, text, *manifest));
      return tag.empty() ? Status() : artifacts_->set_tag(tx, repository, tag, sha256(text));
    });
    EXPECT_TRUE(done) << done.error().describe();
    return sha256(text);
  }
  Status remove(const Repository& repository, const Digest& digest) {
    return store_->write([&](store::Tx& tx) { return artifacts_->remove_manifest(tx, repository, digest); });
  }
  std::optional<Digest> tag(const Repository& repository, std::string_view name) {
    return *store_->read([&](store::Tx& tx) { return artifacts_->find_tag(tx, repository, name); });
  }
  std::size_t collect(Duration grace = kNoGrace) {
    auto removed = artifacts_->collect(grace);
    EXPECT_TRUE(removed) << removed.error().describe();
    return removed.value_or(0);
  }

  std::optional<store::TestDatabase> database_;
  std::unique_ptr<store::Store> store_;
  std::filesystem::path folder_;
  std::unique_ptr<blobs::Blobs> blobs_;
  std::optional<Artifacts> artifacts_;
  Repository one_{NamespaceId(1), "default", "digits"};
  Repository two_{NamespaceId(1), "default", "other"};
};

TEST_P(ArtifactsTest, a_blob_is_in_the_repository_it_was_pushed_to) {
  EXPECT_FALSE(*artifacts_->exists(one_));
  Digest digest = push(one_, "hello");
  EXPECT_TRUE(*artifacts_->exists(one_));
  EXPECT_EQ(*artifacts_->blob_size(one_, digest), 5u);
  EXPECT_TRUE(artifacts_->open_blob(one_, digest));
  EXPECT_EQ(artifacts_->blob_size(two_, digest).error().code, Code::not_found);
  EXPECT_EQ(artifacts_->open_blob(two_, digest).error().code, Code::not_found);
  EXPECT_EQ(artifacts_->mount(two_, one_, digest).error().code, Code::not_found);
  ASSERT_TRUE(artifacts_->mount(one_, two_, digest));
  EXPECT_EQ(*artifacts_->blob_size(two_, digest), 5u);
  ASSERT_TRUE(artifacts_->unlink_blob(one_, digest));
  EXPECT_EQ(artifacts_->unlink_blob(one_, digest).error().code, Code::not_found);
  EXPECT_EQ(*artifacts_->blob_size(two_, digest), 5u);
}

TEST_P(ArtifactsTest, an_upload_is_one_requests_at_a_time_and_survives_a_restart) {
  std::string id = *artifacts_->start_upload(one_);
  auto writer = artifacts_->take_upload(one_, id);
  ASSERT_TRUE(writer);
  EXPECT_EQ(artifacts_->take_upload(one_, id).error().code, Code::aborted);
  EXPECT_EQ(artifacts_->take_upload(two_, id).error().code, Code::not_found);
  ASSERT_TRUE((*writer)->write(as_bytes("hel")));
  ASSERT_TRUE(artifacts_->put_back(one_, std::move(*writer)));
  restart();
  writer = artifacts_->take_upload(one_, id);
  ASSERT_TRUE(writer) << writer.error().describe();
  EXPECT_EQ((*writer)->size(), 3u);
  ASSERT_TRUE((*writer)->write(as_bytes("lo")));
  EXPECT_EQ(*artifacts_->finish_upload(one_, std::move(*writer), sha256("hello")), sha256("hello"));
  EXPECT_EQ(artifacts_->take_upload(one_, id).error().code, Code::not_found);
  for (std::string bad : {"", "..", "../x", "x/y", "no-such"}) {
    EXPECT_EQ(artifacts_->take_upload(one_, bad).error().code, Code::not_found);
  }
}

TEST_P(ArtifactsTest, a_writer_that_is_dropped_gives_its_upload_back) {
  std::string id = *artifacts_->start_upload(one_);
  {
    auto writer = artifacts_->take_upload(one_, id);
    ASSERT_TRUE((*writer)->write(as_bytes("half")));
  }
  auto writer = artifacts_->take_upload(one_, id);
  ASSERT_TRUE(writer);
  EXPECT_EQ((*writer)->size(), 4u);
  writer->reset();
  ASSERT_TRUE(artifacts_->cancel_upload(one_, id));
  EXPECT_EQ(artifacts_->cancel_upload(one_, id).error().code, Code::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "uploads"));
}

TEST_P(ArtifactsTest, wrong_bytes_end_the_upload_and_change_nothing) {
  Digest digest = push(one_, "12345");
  std::string id = *artifacts_->start_upload(two_);
  auto writer = artifacts_->take_upload(two_, id);
  ASSERT_TRUE((*writer)->write(as_bytes("123456789")));
  EXPECT_EQ(artifacts_->finish_upload(two_, std::move(*writer), digest).error().code, Code::invalid_argument);
  EXPECT_EQ(artifacts_->take_upload(two_, id).error().code, Code::not_found);
  EXPECT_EQ(artifacts_->blob_size(two_, digest).error().code, Code::not_found);
  EXPECT_EQ(*artifacts_->blob_size(one_, digest), 5u);
}

TEST_P(ArtifactsTest, link_needs_the_bytes) {
  EXPECT_EQ(artifacts_->link_blob(one_, sha256("nothing"), 7).error().code, Code::not_found);
  Digest digest = *blobs_->put(as_bytes("bytes"));
  EXPECT_EQ(artifacts_->link_blob(one_, digest, 6).error().code, Code::not_found);
  ASSERT_TRUE(artifacts_->link_blob(one_, digest, 5));
  EXPECT_EQ(*artifacts_->blob_size(one_, digest), 5u);
}

TEST_P(ArtifactsTest, manifests_come_back_byte_for_byte) {
  std::string text = manifest_text(one_, "layer", ",  \"odd\" :  1");
  Digest digest = put(one_, text, "v1", std::string(kImageManifest) + "; charset=utf-8");
  auto stored = artifacts_->get_manifest(one_, digest);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->bytes, text);
  EXPECT_EQ(stored->media_type, kImageManifest);
  EXPECT_EQ(tag(one_, "v1"), digest);
  EXPECT_EQ(tag(one_, "v2"), std::nullopt);
  EXPECT_EQ(tag(two_, "v1"), std::nullopt);
  EXPECT_EQ(artifacts_->get_manifest(two_, digest).error().code, Code::not_found);
  EXPECT_EQ(put(one_, text), digest);
  EXPECT_EQ(artifacts_->files(one_, digest)->size(), 1u);
}

TEST_P(ArtifactsTest, a_manifest_names_only_what_is_there) {
  std::string text = manifest_text(one_, "layer");
  auto elsewhere = artifacts_->check_manifest(two_, kImageManifest, text);
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code, Code::not_found);
  EXPECT_EQ(elsewhere.error().field, "config");
  std::string wrong = text;
  wrong.replace(wrong.find("\"size\":5"), 8, "\"size\":6");
  auto size = artifacts_->check_manifest(one_, kImageManifest, wrong);
  ASSERT_FALSE(size);
  EXPECT_EQ(size.error().code, Code::invalid_argument);
  EXPECT_EQ(size.error().field, "layers[0].size");

  Digest child = put(one_, text);
  std::string index = R"({"schemaVersion":2,"manifests":[{"mediaType":")" + std::string(kImageManifest) +
                      R"(","digest":")" + child.string() + R"(","size":)" + std::to_string(text.size()) + "}]}";
  EXPECT_TRUE(artifacts_->check_manifest(one_, kImageIndex, index));
  EXPECT_EQ(artifacts_->check_manifest(two_, kImageIndex, index).error().code, Code::not_found);
  put(one_, index, "all", kImageIndex);
  EXPECT_EQ(remove(one_, child).error().code, Code::failed_precondition);
  ASSERT_TRUE(remove(one_, sha256(index)));
  EXPECT_EQ(tag(one_, "all"), std::nullopt);
  ASSERT_TRUE(remove(one_, child));
}

TEST_P(ArtifactsTest, a_layer_that_stays_elsewhere_may_be_absent) {
  push(one_, "{}");
  std::string text =
      R"({"schemaVersion":2,"config":{"mediaType":"a/b","digest":")" + sha256("{}").string() +
      R"(","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar","digest":")" +
      sha256("far away").string() + R"(","size":8}]})";
  put(one_, text);
}

TEST_P(ArtifactsTest, tags_are_listed_in_bytewise_order_by_pages) {
  std::string text = manifest_text(one_, "layer");
  for (auto name : {"b", "a", "B", "_x", "10", "9", "a.1"}) put(one_, text, name);
  EXPECT_EQ(*artifacts_->list_tags(one_, "", 100), (std::vector<std::string>{"10", "9", "B", "_x", "a", "a.1", "b"}));
  EXPECT_EQ(*artifacts_->list_tags(one_, "9", 2), (std::vector<std::string>{"B", "_x"}));
  EXPECT_EQ(*artifacts_->list_tags(one_, "b", 2), std::vector<std::string>{});
  EXPECT_EQ(*artifacts_->list_tags(two_, "", 2), std::vector<std::string>{});
  ASSERT_TRUE(store_->write([&](store::Tx& tx) { return artifacts_->remove_tag(tx, one_, "a"); }));
  EXPECT_EQ(tag(one_, "a"), std::nullopt);
  Status missing = store_->write([&](store::Tx& tx) { return artifacts_->set_tag(tx, one_, "x", sha256("x")); });
  EXPECT_EQ(missing.error().code, Code::not_found);
}

TEST_P(ArtifactsTest, referrers_are_found_by_their_subject) {
  std::string text = manifest_text(one_, "layer");
  Digest subject = put(one_, text);
  std::string refers = R"(,"subject":{"mediaType":")" + std::string(kImageManifest) + R"(","digest":")" +
                       subject.string() + R"(","size":)" + std::to_string(text.size()) + "}";
  Digest sbom =
      put(one_, manifest_text(one_, "sbom", refers + R"(,"artifactType":"application/sbom","annotations":{"k":"v"})"));
  Digest plain = put(one_, manifest_text(one_, "sign", refers));
  auto all = artifacts_->referrers(one_, subject, "");
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  auto some = artifacts_->referrers(one_, subject, "application/sbom");
  ASSERT_EQ(some->size(), 1u);
  EXPECT_EQ((*some)[0].digest, sbom);
  EXPECT_EQ((*some)[0].annotations->at("k"), "v");
  EXPECT_EQ((*some)[0].mediaType, kImageManifest);
  auto config = artifacts_->referrers(one_, subject, "application/vnd.oci.empty.v1+json");
  ASSERT_EQ(config->size(), 1u);
  EXPECT_EQ((*config)[0].digest, plain);
  EXPECT_EQ(artifacts_->referrers(one_, subject, "", std::min(sbom, plain).string())->size(), 1u);
  EXPECT_EQ(artifacts_->referrers(two_, subject, "")->size(), 0u);
}

TEST_P(ArtifactsTest, a_repository_goes_as_a_whole) {
  put(one_, manifest_text(one_, "layer"), "v1");
  put(two_, manifest_text(two_, "layer"), "v1");
  std::string id = *artifacts_->start_upload(one_);
  ASSERT_TRUE(store_->write([&](store::Tx& tx) { return artifacts_->remove_repository(tx, one_); }));
  EXPECT_FALSE(*artifacts_->exists(one_));
  EXPECT_EQ(tag(one_, "v1"), std::nullopt);
  EXPECT_EQ(artifacts_->take_upload(one_, id).error().code, Code::not_found);
  EXPECT_TRUE(*artifacts_->exists(two_));
  collect();
  EXPECT_EQ(*artifacts_->blob_size(two_, sha256("layer")), 5u);
  EXPECT_TRUE(artifacts_->open_blob(two_, sha256("layer")));
}

TEST_P(ArtifactsTest, what_nothing_uses_is_collected_after_the_grace) {
  Digest loose = push(one_, "loose"), held = push(one_, "held");
  Digest manifest = put(one_, manifest_text(one_, "layer"), "v1");
  std::string upload = *artifacts_->start_upload(one_);
  ASSERT_TRUE(store_->write([&](store::Tx& tx) { return artifacts_->hold(tx, held, "test", 1); }));
  EXPECT_EQ(collect(std::chrono::hours(1)), 0u);
  EXPECT_EQ(*artifacts_->blob_size(one_, loose), 5u);

  EXPECT_EQ(collect(), 1u);
  EXPECT_EQ(artifacts_->blob_size(one_, loose).error().code, Code::not_found);
  EXPECT_FALSE(*blobs_->find_size(loose));
  EXPECT_TRUE(*blobs_->find_size(held));
  EXPECT_EQ(*artifacts_->blob_size(one_, sha256("layer")), 5u);
  EXPECT_EQ(artifacts_->take_upload(one_, upload).error().code, Code::not_found);

  ASSERT_TRUE(store_->write([&](store::Tx& tx) -> Status {
    SOUK_TRY(artifacts_->release(tx, held, "test", 1));
    return artifacts_->remove_manifest(tx, one_, manifest);
  }));
  EXPECT_EQ(collect(std::chrono::hours(1)), 0u);
  EXPECT_EQ(collect(), 3u);
  EXPECT_EQ(*blobs_->stored_bytes(), 0u);
  push(one_, "loose");
}

TEST_P(ArtifactsTest, what_is_held_is_not_removed) {
  Digest manifest = put(one_, manifest_text(one_, "layer"));
  ASSERT_TRUE(store_->write([&](store::Tx& tx) { return artifacts_->hold(tx, manifest, "deployment", 7); }));
  Status refused = remove(one_, manifest);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::failed_precondition);
  EXPECT_NE(refused.error().message.find("deployment 7"), std::string::npos);
  EXPECT_EQ(artifacts_->unlink_blob(one_, sha256("layer")).error().code, Code::failed_precondition);
  EXPECT_EQ(remove(two_, manifest).error().code, Code::not_found);
}

// Pushes of a few blobs that are dropped again and again meet a collector without any grace: whatever a push
// was told is there must be there.
TEST_P(ArtifactsTest, collecting_never_takes_what_a_push_relies_on) {
  std::atomic<bool> done = false;
  std::thread collector([&] {
    while (!done) ASSERT_TRUE(artifacts_->collect(std::chrono::milliseconds(0)));
  });
  std::vector<std::thread> pushers;
  std::atomic<int> told = 0;
  for (int t = 0; t < 3; t++) {
    pushers.emplace_back([&, t] {
      for (int i = 0; i < 15; i++) {
        Repository mine{NamespaceId(10 + t), "n", "m" + std::to_string(i)};
        std::string layer = "shared" + std::to_string(i % 2);
        auto writer = blobs_->create();
        ASSERT_TRUE(writer && (*writer)->write(as_bytes(layer)));
        auto digest = artifacts_->finish_upload(mine, std::move(*writer), sha256(layer));
        if (!digest) continue;  // too busy: the client is told so
        std::string text = R"({"schemaVersion":2,"config":{"mediaType":"a/b","digest":")" + digest->string() +
                           R"(","size":7},"layers":[]})";
        auto manifest = artifacts_->check_manifest(mine, kImageManifest, text);
        if (!manifest) continue;
        Status put = store_->write(
            [&](store::Tx& tx) { return artifacts_->put_manifest(tx, mine, kImageManifest, text, *manifest); });
        if (!put) continue;
        told++;
        auto reader = artifacts_->open_blob(mine, *digest);
        ASSERT_TRUE(reader) << reader.error().describe();
        ASSERT_TRUE(store_->write([&](store::Tx& tx) { return artifacts_->remove_repository(tx, mine); }));
      }
    });
  }
  for (auto& pusher : pushers) pusher.join();
  done = true;
  collector.join();
  EXPECT_GT(told, 0);
}

SOUK_ON_BOTH_DATABASES(ArtifactsTest);

}  // namespace
}  // namespace souk::artifacts
