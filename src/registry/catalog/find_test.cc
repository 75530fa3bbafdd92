// SPDX-License-Identifier: Apache-2.0
#include "registry/catalog/find.h"

#include <gtest/gtest.h>

#include "registry/catalog/latency.h"

namespace souk::registry {
namespace {

CatalogEntry entry(std::int64_t id, const std::string& name, std::optional<double> score) {
  CatalogEntry out;
  out.id = id;
  out.name = name;
  out.facts.add("name", name);
  if (score) out.facts.add("custom_properties.score", *score);
  out.facts.sort();
  return out;
}

const std::vector<CatalogEntry>& entries() {
  static const std::vector<CatalogEntry> all{entry(5, "b", -1.5), entry(1, "c", {}), entry(3, "a", 10),
                                             entry(2, "d", 0),    entry(4, "b", -2), entry(6, "e", {})};
  return all;
}

// All ids, page by page.
std::string walk(CatalogQuery query, Orders orders = Orders::artifacts) {
  const auto order = order_of(query, orders);
  if (!order) return order.error().message;
  std::string out;
  do {
    std::vector<Ranked> ranked;
    for (std::size_t i = 0; i < entries().size(); ++i) ranked.push_back({(*order)(entries()[i]), entries()[i].id, i});
    const auto picked = pick(std::move(ranked), query, "test", "key");
    if (!picked) return picked.error().message;
    for (const std::size_t index : picked->indices) out += std::to_string(entries()[index].id);
    query.page_token = picked->next_page_token;
  } while (!query.page_token.empty());
  return out;
}

TEST(CatalogPages, WalkInEveryOrder) {
  for (const std::int64_t size : {1, 2, 3, 100}) {
    CatalogQuery query{.page_size = size};
    EXPECT_EQ(walk(query), "123456");
    query.order_by = "NAME";
    EXPECT_EQ(walk(query), "345126");
    query.order_by = "score.double_value";
    EXPECT_EQ(walk(query), "452316");
    query.descending = true;
    EXPECT_EQ(walk(query), "325416");
    query.order_by = "absent.string_value";
    EXPECT_EQ(walk(query), "123456");
    query.order_by = "ID";
    EXPECT_EQ(walk(query), "654321");
  }
  EXPECT_EQ(walk({.order_by = "score"}), "123456");
  EXPECT_NE(walk({.order_by = "score"}, Orders::models).find("orderBy"), std::string::npos);
  EXPECT_NE(walk({.order_by = ".double_value"}).find("orderBy"), std::string::npos);
  EXPECT_NE(walk({.order_by = "a.b"}).find("orderBy"), std::string::npos);
}

TEST(CatalogPages, TokensAreOfOneQuery) {
  std::vector<Ranked> all{{key_of(1), 1, 0}, {key_of(2), 2, 1}};
  const auto first = pick(all, {.page_size = 1}, "a", "key");
  ASSERT_TRUE(first);
  EXPECT_TRUE(pick(all, {.page_size = 1, .page_token = first->next_page_token}, "a", "key"));
  EXPECT_FALSE(pick(all, {.page_size = 1, .page_token = first->next_page_token}, "b", "key"));
  EXPECT_FALSE(pick(all, {.page_size = 1, .page_token = first->next_page_token}, "a", "other"));
  EXPECT_FALSE(pick(all, {.filter = "x", .page_size = 1, .page_token = first->next_page_token}, "a", "key"));
  EXPECT_FALSE(pick(all, {.page_size = 1, .page_token = "forged"}, "a", "key"));
}

TEST(CatalogSearch, FindsAllWords) {
  EXPECT_TRUE(has_words("granite 8b instruct", "GRANITE  inst"));
  EXPECT_TRUE(has_words("x", " "));
  EXPECT_FALSE(has_words("granite", "granite llama"));
}

CatalogArtifact measured(std::int64_t id, const std::string& type, double count, double latency, double rps) {
  CatalogArtifact out;
  out.id = id;
  out.is_metrics = out.is_performance = true;
  out.facts.add("custom_properties.hardware_type", type);
  out.facts.add("custom_properties.hardware_count", count);
  out.facts.add("custom_properties.ttft_p90", latency);
  out.facts.add("custom_properties.requests_per_second", rps);
  out.facts.sort();
  out.json_without_these = "{\"id\":\"1\"";
  return out;
}

TEST(Latency, KeepsWhatNoneBeats) {
  const std::vector<CatalogArtifact> all{measured(0, "H100", 1, 50, 2), measured(1, "H100", 2, 40, 4),
                                         measured(2, "H100", 2, 60, 4), measured(3, "H100", 4, 40, 8),
                                         measured(4, "A100", 8, 90, 1), measured(5, "H100", 1, 50, 1)};
  std::vector<const CatalogArtifact*> plain;
  for (const CatalogArtifact& one : all) plain.push_back(&one);
  const auto ids = [&](const LatencyQuery& query) {
    std::string out;
    for (const std::size_t index : recommended(plain, query)) out += std::to_string(all[index].id);
    return out;
  };
  EXPECT_EQ(ids({}), "4051");
  // Of 8 a second: 4×1, 2×2, 2×2, 1×4 and 8×1 of H100 with 50, 40, 60, 40, 50.
  EXPECT_EQ(ids({.target_rps = 8}), "413");
  EXPECT_EQ(ids({.latency = "absent"}), "");
  const CatalogArtifact shown = with_replicas(all[0], {.target_rps = 5});
  EXPECT_EQ(std::get<std::int64_t>(*shown.facts.find("custom_properties.replicas")), 3);
  EXPECT_NE(shown.json.find(R"("total_requests_per_second":{"double_value":6.0)"), std::string::npos) << shown.json;
  EXPECT_EQ(with_replicas(measured(1, "x", 1, 1, 0), {.target_rps = 5}).facts.find("custom_properties.replicas"),
            nullptr);
  CatalogModel model;
  model.artifacts = all;
  EXPECT_EQ(least_latency(model, {}), 40);
}

TEST(FilterOptions, SayValuesAndRanges) {
  CatalogEntry one;
  for (const auto& [name, value] : {std::pair{"license", store::Fact(std::string("mit"))},
                                    {"description", std::string("long")},
                                    {"custom_properties.size", std::int64_t{7}},
                                    {"custom_properties.ok", true},
                                    {"artifacts.mmlu", 0.5}})
    one.facts.add(name, value);
  one.facts.sort();
  EXPECT_EQ(filter_options({&one}, {"license"}, {{"q", {{"a", R"({"operator":"=","value":1})"}}}}),
            R"({"filters":{"artifacts.mmlu.double_value":{"type":"number","range":{"min":0.5,"max":0.5}},)"
            R"("ok":{"type":"string","values":[true]},"size":{"type":"number","range":{"min":7,"max":7}},)"
            R"("license":{"type":"string","values":["mit"]}},"namedQueries":{"q":{"a":{"operator":"=","value":1}}}})");
}

}  // namespace
}  // namespace souk::registry
