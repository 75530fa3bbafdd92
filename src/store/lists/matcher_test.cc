// SPDX-License-Identifier: Apache-2.0
#include "store/lists/matcher.h"

#include <gtest/gtest.h>

namespace souk::store {
namespace {

const FilterSchema& schema() {
  static const FilterSchema one{.columns = {{"id", "", ColumnType::integer},
                                            {"name", "", ColumnType::text},
                                            {"create_time", "", ColumnType::time, false, "createTimeSinceEpoch"},
                                            {"labels", "", ColumnType::texts},
                                            {"score", "", ColumnType::number},
                                            {"hidden", "", ColumnType::flag}},
                                .properties = {"", "", {"custom_properties", "artifacts"}}};
  return one;
}

Facts facts(std::int64_t id, const std::string& name, double score, bool hidden, std::vector<std::string> labels) {
  Facts out;
  out.add("id", id);
  out.add("name", name);
  out.add("create_time", id * 1000);
  out.add("score", score);
  out.add("hidden", hidden);
  for (std::string& label : labels) out.add("labels", std::move(label));
  return out;
}

const std::vector<Facts>& items() {
  static const std::vector<Facts> all = [] {
    std::vector<Facts> out{facts(1, "alpha", 0.5, false, {"en"}), facts(2, "Beta", 1, true, {"de", "en"}),
                           facts(3, "50% o'clock", 1.5, false, {"de"}), facts(4, "a\\b*c?[d]", 2, false, {}),
                           facts(5, "déjà_vu", -1, true, {})};
    out[0].add("custom_properties.accuracy", 0.95);
    out[1].add("custom_properties.accuracy", std::int64_t{1});
    out[2].add("custom_properties.accuracy", std::string("high"));
    out[3].add("custom_properties.mlflow.source.type", std::string("notebook"));
    out[4].add("custom_properties.ok", true);
    out[0].add("artifacts.ifeval", 0.1);
    out[0].add("artifacts.ifeval", 0.7);
    for (Facts& one : out) one.sort();
    return out;
  }();
  return all;
}

std::string matching(const std::string& filter) {
  const Result<Matcher> matcher = Matcher::make(filter, schema(), "custom_properties");
  if (!matcher) return matcher.error().message;
  std::string out;
  for (const Facts& one : items()) {
    if (!(*matcher)(one)) continue;
    out += (out.empty() ? "" : ",") + std::to_string(std::get<std::int64_t>(*one.find("id")));
  }
  return out;
}

TEST(Matcher, MeansWhatSqlMeans) {
  EXPECT_EQ(matching(""), "1,2,3,4,5");
  EXPECT_EQ(matching("name = 'alpha'"), "1");
  EXPECT_EQ(matching("name <> \"alpha\""), "2,3,4,5");
  EXPECT_EQ(matching("name > 'a'"), "1,4,5");
  EXPECT_EQ(matching("id IN (1, 3,9)"), "1,3");
  EXPECT_EQ(matching("id in ('1','2')"), "1,2");
  EXPECT_EQ(matching("score >= 1"), "2,3,4");
  EXPECT_EQ(matching("id > 2.5"), "3,4,5");
  EXPECT_EQ(matching("hidden = true"), "2,5");
  EXPECT_EQ(matching("hidden != true"), "1,3,4");
  EXPECT_EQ(matching("create_time > \"1970-01-01T00:00:03Z\""), "4,5");
  EXPECT_EQ(matching("createTimeSinceEpoch <= '2000'"), "1,2");
  EXPECT_EQ(matching("id=1 OR id=2 AND hidden=false"), "1");
  EXPECT_EQ(matching("(id=1 OR id=2) AND hidden=true"), "2");
  EXPECT_EQ(matching("labels = 'de'"), "2,3");
  EXPECT_EQ(matching("labels LIKE 'd%'"), "2,3");
}

TEST(Matcher, ReadsPropertiesByType) {
  EXPECT_EQ(matching("accuracy > 0.9"), "1,2");
  EXPECT_EQ(matching("custom_properties.accuracy = 1"), "2");
  EXPECT_EQ(matching("accuracy.double_value > 0"), "1");
  EXPECT_EQ(matching("accuracy.int_value >= 0.5"), "2");
  EXPECT_EQ(matching("accuracy = 'high'"), "3");
  EXPECT_EQ(matching("accuracy != 'high'"), "");
  EXPECT_EQ(matching("`mlflow.source.type` = 'notebook'"), "4");
  EXPECT_EQ(matching("ok = true"), "5");
  EXPECT_EQ(matching("artifacts.ifeval.double_value > 0.5"), "1");
  EXPECT_EQ(matching("artifacts.ifeval > 0.9"), "");
  EXPECT_EQ(matching("absent = 1 OR absent <> 1"), "");
}

TEST(Matcher, PatternsMeanWhatTheyMeanInSql) {
  EXPECT_EQ(matching("name LIKE '%a'"), "1,2");
  EXPECT_EQ(matching("name LIKE 'b%'"), "");
  EXPECT_EQ(matching("name ILIKE 'b%'"), "2");
  EXPECT_EQ(matching("name LIKE 'd_j__vu'"), "5");
  EXPECT_EQ(matching("name LIKE '50\\% %'"), "3");
  EXPECT_EQ(matching("name LIKE '%\\_%'"), "5");
  EXPECT_EQ(matching("name LIKE '%[d]'"), "4");
  EXPECT_EQ(matching("name LIKE 'a\\\\\\\\b%'"), "4");
  EXPECT_TRUE(like("", "%", false));
  EXPECT_TRUE(like("aXbXc", "a%X%c", false));
  EXPECT_FALSE(like("", "_", false));
  EXPECT_FALSE(like("ab", "a", false));
  const std::string many(10'000, 'a');
  EXPECT_FALSE(like(many, "%a%a%a%a%a%a%a%b", false));
}

TEST(Matcher, RefusesWhatSqlRefuses) {
  EXPECT_EQ(matching("name = 5"), "filter, column 8: name is compared with text, in quotes");
  EXPECT_EQ(matching("id LIKE '1'"), "filter, column 1: LIKE is for text, which id is not");
  EXPECT_EQ(matching("accuracy.int_value = 'x'"),
            "filter, column 22: this value is not of the type that accuracy.int_value asks for");
  EXPECT_EQ(matching("name LIKE 'a\\\\'"),
            "filter, column 11: the pattern ends in \\, which takes the character after it");
  EXPECT_EQ(matching("name LIKE '" + std::string(17, '%') + "'"), "filter, column 11: the pattern has more than 16 %");
  EXPECT_EQ(matching(std::string("name = 'a\0b'", 12)), "filter, column 8: text may not hold NUL");
  EXPECT_EQ(matching("("), "filter, column 2: expected the name of a field");
}

}  // namespace
}  // namespace souk::store
