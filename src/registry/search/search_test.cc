// SPDX-License-Identifier: Apache-2.0
#include "registry/search/search.h"

#include <gtest/gtest.h>

#include "registry/metrics/run_log.h"
#include "registry/search/query.h"
#include "registry/search/words.h"
#include "registry/test_registry.h"

namespace souk::registry {
namespace {

TEST(WordsTest, TextBecomesWords) {
  EXPECT_EQ(joined(words_of("My-Model_v2: naïve 'BERT' (base).\n")), "my model v2 naïve bert base");
  EXPECT_EQ(joined(words_of("  ")), "");
  EXPECT_EQ(words_of(std::string(1000, 'x')).front().size(), 64u);
}

TEST(WordsTest, MistakesAreCounted) {
  EXPECT_EQ(distance("digits", "digits", 2), 0);
  EXPECT_EQ(distance("digist", "digits", 2), 1);  // two letters swapped
  EXPECT_EQ(distance("dgits", "digits", 2), 1);
  EXPECT_EQ(distance("diigits", "digits", 2), 1);
  EXPECT_EQ(distance("abc", "xyz", 2), 3);
  EXPECT_TRUE(variants_of("abc").empty());
  EXPECT_EQ(variants_of("abbc").size(), 3u);
  EXPECT_TRUE(variants_of("20260101").empty());
}

TEST(WordsTest, PunctuationBeyondAsciiEndsAWord) {
  EXPECT_EQ(joined(words_of("l’ami « été » 12µs… 日本、東京　— fin\xC2")), "l ami été 12µs 日本 東京 fin\xC2");
}

TEST(SearchQueryTest, FiltersAreTakenApart) {
  const auto query =
      parse_search("digits kind:model task:CLASSIFICATION metric.accuracy>=0.9 tag:team=\"a b\" alias:champion");
  ASSERT_TRUE(query);
  EXPECT_EQ(joined(query->words), "digits");
  EXPECT_EQ(query->tags[0].second, "a b");
  EXPECT_EQ(query->metrics[0].op, ">=");
  for (const char* bad : {"", "  ", "kind:thing", "metric.x", "metric.x>high", "tag:x", "alias:", "x\xff"}) {
    EXPECT_FALSE(parse_search(bad)) << bad;
  }
  EXPECT_FALSE(parse_search(std::string(1001, 'x')));
}

class SearchTest : public testing::TestWithParam<store::Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    r_ = std::make_unique<TestRegistry>(GetParam());
    search_ = std::make_unique<Search>(*r_->registry);
  }
  void catch_up() {
    while (TestRegistry::must(search_->catch_up()) > 0) {
    }
  }
  std::string found(const std::string& query, const access::Call* call = nullptr) {
    std::string out;
    for (const SearchHit& hit : TestRegistry::must(search_->find(call ? *call : r_->call, query, 20)).hits)
      out += (out.empty() ? "" : " ") + hit.reference;
    return out;
  }
  void make(const std::string& name, const std::string& description, const std::string& properties = "{}") {
    TestRegistry::must(r_->registry->create_model(r_->call, r_->ns(),
                                                  {.name = name,
                                                   .slug = name,
                                                   .description = description,
                                                   .readme = "read about " + name,
                                                   .tags = {R"({"team":"vision"})"},
                                                   .custom_properties = {properties},
                                                   .tasks = {"text-generation"}}));
  }

  std::unique_ptr<TestRegistry> r_;
  std::unique_ptr<Search> search_;
};
SOUK_ON_BOTH_DATABASES(SearchTest);

TEST_P(SearchTest, NamesCountMoreThanTexts) {
  make("digits", "handwritten numbers");
  make("letters", "like digits, but letters");
  make("faces", "pictures");
  catch_up();
  EXPECT_EQ(found("digits"), "default/digits default/letters");
  EXPECT_EQ(found("handwr"), "default/digits");
  EXPECT_EQ(found("digits pictures"), "");
  EXPECT_EQ(found("PICTURES kind:model"), "default/faces");
  EXPECT_EQ(found("kind:run"), "");
}

TEST_P(SearchTest, NamesWithFewerOtherWordsComeFirst) {
  make("iris", "flowers");
  make("iris-large-of-many-words", "flowers");
  make("irises", "flowers, iris too");
  make("texts", "an iris in the description");
  catch_up();
  if (GetParam() == store::Dialect::sqlite) {
    EXPECT_EQ(found("iris"), "default/iris default/irises default/iris-large-of-many-words default/texts");
  }
  EXPECT_EQ(found("iris large"), "default/iris-large-of-many-words");
}

TEST_P(SearchTest, ABeginningThatManyWordsHaveFindsThemAll) {
  for (int i = 0; i < 40; ++i) make("prefix" + std::to_string(i), "common");
  catch_up();
  EXPECT_EQ(TestRegistry::must(search_->find(r_->call, "prefix", 100)).hits.size(), 40u);  // more than are spelled out
  EXPECT_EQ(TestRegistry::must(search_->find(r_->call, "prefix1", 100)).hits.size(), 11u);
  EXPECT_EQ(TestRegistry::must(search_->find(r_->call, "prefix1 comm", 5)).hits.size(), 5u);
}

TEST_P(SearchTest, WhatIsCalledJustSoComesFirstAmongManyWithItsWords) {
  make("base-tower", "the oldest");
  for (int i = 0; i < 210; ++i) make("base-tower-" + std::to_string(i), "younger");
  catch_up();
  for (const char* query : {"base tower", "base-tower", "Base_Tower", "base tower state:LIVE"}) {
    const auto hits = TestRegistry::must(search_->find(r_->call, query, 100)).hits;
    ASSERT_EQ(hits.size(), 100u) << query;
    EXPECT_EQ(hits.front().reference, "default/base-tower") << query;
    EXPECT_NE(hits.back().reference, "default/base-tower") << query;
  }
}

TEST_P(SearchTest, MistypedWordsAreFound) {
  make("classifier", "of handwritten digits");
  catch_up();
  const auto answer = TestRegistry::must(search_->find(r_->call, "clasifier digist", 10));
  EXPECT_EQ(answer.hits.size(), 1u);
  EXPECT_EQ(answer.corrected.size(), 2u);
  EXPECT_EQ(found("zzzzzz"), "");
}

TEST_P(SearchTest, ChangesAreFollowed) {
  make("first", "one");
  catch_up();
  const auto model = r_->model("first");
  ModelPatch patch;
  patch.description = {json::Patch<std::string>::State::value, "changed wording"};
  TestRegistry::must(r_->registry->update_model(r_->call, model, patch, {}));
  TestRegistry::must(r_->registry->create_version(r_->call, model, {.name = "v1", .description = "quantized"}));
  catch_up();
  EXPECT_EQ(found("one"), "");
  EXPECT_EQ(found("wording quantized"), "default/first");
  TestRegistry::must(r_->registry->delete_model(r_->call, model, {}));
  catch_up();
  EXPECT_EQ(found("first"), "");
  EXPECT_EQ(r_->count("documents"), 0);
}

TEST_P(SearchTest, FiltersNarrow) {
  make("good", "x", R"({"accuracy":0.95})");
  make("bad", "x", R"({"accuracy":0.5,"epochs":3})");
  const auto good = r_->model("good");
  TestRegistry::must(r_->registry->create_version(r_->call, good, {.name = "v1"}));
  TestRegistry::must(r_->registry->set_alias(r_->call, good, "champion", "v1"));
  catch_up();
  EXPECT_EQ(found("metric.accuracy>0.9"), "default/good");
  EXPECT_EQ(found("x metric.epochs=3"), "default/bad");
  EXPECT_EQ(found("x alias:champion"), "default/good");
  EXPECT_EQ(found("good tag:team=vision task:text-generation state:LIVE"), "default/good");
  EXPECT_EQ(found("good tag:team=audio"), "");
  EXPECT_EQ(found("good task:text%"), "");
}

TEST_P(SearchTest, StrangersFindNothingAndNoTextBecomesSql) {
  make("hidden", "secret");
  catch_up();
  access::Call stranger = r_->call;
  stranger.principal = std::make_shared<access::Principal>();
  EXPECT_EQ(found("hidden", &stranger), "");
  for (const char* text :
       {"\" OR 1=1", "a' | b:*", "NEAR(a b)", "name:hidden", "hidden*", "-hidden", "a & !b", "(", "日本語 ’x’"}) {
    const auto answer = search_->find(r_->call, text, 10);
    EXPECT_TRUE(answer || answer.error().code == Code::invalid_argument) << text << answer.error().describe();
  }
}

}  // namespace
}  // namespace souk::registry
