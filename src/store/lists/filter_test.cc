// SPDX-License-Identifier: Apache-2.0
#include "store/lists/filter.h"

#include <gtest/gtest.h>

#include "store/test_database.h"

namespace souk::store {
namespace {

const FilterSchema& schema() {
  static const FilterSchema one{
      .columns = {{"id", "m.id", ColumnType::integer},
                  {"name", "m.name", ColumnType::text},
                  {"create_time", "m.create_time", ColumnType::time, false, "createTimeSinceEpoch"},
                  {"labels", "m.labels", ColumnType::texts},
                  {"score", "m.score", ColumnType::number},
                  {"hidden", "m.hidden", ColumnType::flag}},
      .properties = {"props", "m.id", {"custom_properties", "tags"}}};
  return one;
}

struct Item {
  std::int64_t id;
  std::string name;
  std::int64_t create_time;
  double score;
  bool hidden;
  const char* labels = "[]";
};

class FilterTest : public testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    SOUK_NEEDS_DATABASE(GetParam());
    database_ = std::make_unique<TestDatabase>(GetParam());
    store_ = database_->open();
    TestDatabase::must(store_->write([](Tx& tx) -> Status {
      const bool lite = tx.dialect() == Dialect::sqlite;
      const std::string text = lite ? "TEXT" : "TEXT COLLATE \"C\"";
      SOUK_TRY(tx.exec("CREATE TABLE items (id BIGINT PRIMARY KEY, name " + text +
                       ", create_time BIGINT, score DOUBLE PRECISION, hidden BIGINT, labels " + text + ")"));
      SOUK_TRY(tx.exec("CREATE TABLE props (owner_id BIGINT, field " + text + ", name " + text + ", string_value " +
                       text + ", int_value BIGINT, double_value DOUBLE PRECISION, bool_value BIGINT)"));
      const Item items[] = {{1, "alpha", 1000, 0.5, false, R"(["en"])"},
                            {2, "Beta", 2000, 1, true, R"(["de","en"])"},
                            {3, "50% o'clock", 3000, 1.5, false, R"(["de"])"},
                            {4, "a\\b*c?[d]", 4000, 2, false},
                            {5, "déjà_vu", 5000, -1, true}};
      for (const Item& item : items) {
        SOUK_TRY(tx.exec("INSERT INTO items VALUES ($1, $2, $3, $4, $5, $6)", item.id, item.name, item.create_time,
                         item.score, item.hidden, item.labels));
      }
      const auto add = [&](std::int64_t id, const char* field, const char* name, std::optional<std::string> s,
                           std::optional<std::int64_t> i, std::optional<double> d, std::optional<bool> b) {
        return tx.exec("INSERT INTO props VALUES ($1, $2, $3, $4, $5, $6, $7)", id, field, name, s, i, d, b);
      };
      SOUK_TRY(add(1, "custom_properties", "accuracy", {}, {}, 0.95, {}));
      SOUK_TRY(add(2, "custom_properties", "accuracy", {}, 1, {}, {}));
      SOUK_TRY(add(3, "custom_properties", "accuracy", "high", {}, {}, {}));
      SOUK_TRY(add(4, "custom_properties", "mlflow.source.type", "notebook", {}, {}, {}));
      SOUK_TRY(add(1, "tags", "team", "vision", {}, {}, {}));
      SOUK_TRY(add(2, "tags", "team", "Vision", {}, {}, {}));
      SOUK_TRY(add(5, "custom_properties", "ok", {}, {}, {}, true));
      return {};
    }));
  }

  // The ids a filter lets through, "1,3".
  std::string matching(const std::string& filter, std::string_view bare_names = {}) {
    const Condition condition = TestDatabase::must(compile_filter(filter, schema(), GetParam(), 2, bare_names));
    std::vector<Value> parameters{std::int64_t{0}};
    parameters.insert(parameters.end(), condition.parameters.begin(), condition.parameters.end());
    const std::string sql = "SELECT m.id FROM items m WHERE m.id > $1 AND " + condition.sql + " ORDER BY m.id";
    const auto rows = TestDatabase::must(store_->read([&](Tx& tx) { return tx.run(sql, parameters); }));
    std::string out;
    for (const auto& row : rows.rows) out += (out.empty() ? "" : ",") + std::to_string(std::get<std::int64_t>(row[0]));
    return out;
  }

  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<Store> store_;
};
SOUK_ON_BOTH_DATABASES(FilterTest);

TEST_P(FilterTest, ComparesColumnsOfEveryType) {
  EXPECT_EQ(matching(""), "1,2,3,4,5");
  EXPECT_EQ(matching("  \t\n "), "1,2,3,4,5");
  EXPECT_EQ(matching("name = 'alpha'"), "1");
  EXPECT_EQ(matching("name != \"alpha\""), "2,3,4,5");
  EXPECT_EQ(matching("name <> \"alpha\""), "2,3,4,5");
  EXPECT_EQ(matching("name > 'a'"), "1,4,5");  // bytewise: capitals and digits come first
  EXPECT_EQ(matching("id IN (1, 3,9)"), "1,3");
  EXPECT_EQ(matching("id in ('1','2')"), "1,2");
  EXPECT_EQ(matching("score >= 1"), "2,3,4");
  EXPECT_EQ(matching("score < 1.25"), "1,2,5");
  EXPECT_EQ(matching("id > 2.5"), "3,4,5");
  EXPECT_EQ(matching("score = -1"), "5");
  EXPECT_EQ(matching("score > -1.5e0 AND score < +.6"), "1,5");
  EXPECT_EQ(matching("hidden = true"), "2,5");
  EXPECT_EQ(matching("hidden = FALSE"), "1,3,4");
  EXPECT_EQ(matching("create_time > \"1970-01-01T00:00:03Z\""), "4,5");
  EXPECT_EQ(matching("create_time <= 2000"), "1,2");
}

TEST_P(FilterTest, JoinsWithTheRightPrecedence) {
  EXPECT_EQ(matching("id=1 OR id=2 AND hidden=false"), "1");
  EXPECT_EQ(matching("(id=1 OR id=2) AND hidden=true"), "2");
  EXPECT_EQ(matching("id=1 or id=2 and hidden=true or id=4"), "1,2,4");
  EXPECT_EQ(matching("((((id=1))))"), "1");
}

TEST_P(FilterTest, LikeMeansTheSameOnBothDatabases) {
  EXPECT_EQ(matching("name LIKE '%a'"), "1,2");
  EXPECT_EQ(matching("name LIKE 'b%'"), "");
  EXPECT_EQ(matching("name ILIKE 'b%'"), "2");
  EXPECT_EQ(matching("name LIKE '_lpha'"), "1");
  EXPECT_EQ(matching("name LIKE 'd_j__vu'"), "5");
  EXPECT_EQ(matching("name LIKE '50\\% %'"), "3");
  EXPECT_EQ(matching("name LIKE '%\\_%'"), "5");
  EXPECT_EQ(matching("name LIKE '%*%'"), "4");
  EXPECT_EQ(matching("name LIKE '%[d]'"), "4");
  EXPECT_EQ(matching("name LIKE 'a\\\\\\\\b%'"), "4");  // text a\\b%: the pattern's escaped backslash
  EXPECT_EQ(matching("name = 'a\\b*c?[d]'"), "4");
}

TEST_P(FilterTest, ReadsPropertiesByType) {
  EXPECT_EQ(matching("custom_properties.accuracy > 0.9"), "1,2");
  EXPECT_EQ(matching("custom_properties.accuracy = 1"), "2");
  EXPECT_EQ(matching("custom_properties.accuracy >= 0"), "1,2");
  EXPECT_EQ(matching("custom_properties.accuracy.double_value > 0"), "1");
  EXPECT_EQ(matching("custom_properties.accuracy.int_value >= 0.5"), "2");
  EXPECT_EQ(matching("custom_properties.accuracy = 'high'"), "3");
  EXPECT_EQ(matching("custom_properties.accuracy.string_value LIKE 'h%'"), "3");
  EXPECT_EQ(matching("custom_properties.accuracy != 'high'"), "");
  EXPECT_EQ(matching("custom_properties.`mlflow.source.type` = 'notebook'"), "4");
  EXPECT_EQ(matching("custom_properties.mlflow.source.type = 'notebook'"), "4");
  EXPECT_EQ(matching("custom_properties.ok = true"), "5");
  EXPECT_EQ(matching("tags.team = 'vision'"), "1");
  EXPECT_EQ(matching("tags.team ILIKE 'vision'"), "1,2");
  EXPECT_EQ(matching("tags.team IN ('vision', 'Vision') AND custom_properties.accuracy IN (1, 2)"), "2");
}

TEST_P(FilterTest, BareNamesArePropertiesWhereTheDoorSaysSo) {
  EXPECT_EQ(matching("accuracy > 0.9", "custom_properties"), "1,2");
  EXPECT_EQ(matching("`mlflow.source.type` = \"notebook\"", "custom_properties"), "4");
  EXPECT_EQ(matching("accuracy.string_value = \"high\" OR name = 'alpha'", "custom_properties"), "1,3");
}

TEST_P(FilterTest, AColumnMayHaveASecondName) {
  EXPECT_EQ(matching("createTimeSinceEpoch >= 4000"), "4,5");
  EXPECT_EQ(matching("createTimeSinceEpoch = '4000'"), "4");
}

TEST_P(FilterTest, AListOfTextsHasAnElement) {
  EXPECT_EQ(matching("labels = 'de'"), "2,3");
  EXPECT_EQ(matching("labels IN ('en', 'fr')"), "1,2");
  EXPECT_EQ(matching("labels LIKE 'd%'"), "2,3");
}

TEST_P(FilterTest, TextNeverBecomesSql) {
  for (const char* attempt :
       {"name = 'x'' OR 1=1 --'", "name = \"x\\\" OR 1=1 --\"", "name = '); DROP TABLE items; --'",
        "custom_properties.`x' OR '1'='1` = 'y'", "name LIKE '%''%'"}) {
    const Result<Condition> condition = compile_filter(attempt, schema(), GetParam(), 2);
    if (condition) {
      EXPECT_EQ(matching(attempt), "") << attempt;
    }
  }
  EXPECT_EQ(matching("name = '50% o\\'clock'"), "3");
  EXPECT_EQ(matching("id > 0"), "1,2,3,4,5");  // the table is still there
}

std::string error_of(const std::string& filter) {
  const Result<Condition> condition = compile_filter(filter, schema(), Dialect::sqlite, 1);
  return condition ? "none" : condition.error().message;
}

TEST(FilterErrors, NameTheColumn) {
  EXPECT_EQ(error_of("nme = 'a'"), "filter, column 1: there is no field 'nme'");
  EXPECT_EQ(error_of("name = alpha"), "filter, column 8: expected a value: text is written in quotes");
  EXPECT_EQ(error_of("name = 5"), "filter, column 8: name is compared with text, in quotes");
  EXPECT_EQ(error_of("id = 'x'"), "filter, column 6: id is compared with a whole number");
  EXPECT_EQ(error_of("create_time > 'monday'"),
            "filter, column 15: create_time is compared with a time such as \"2026-11-21T10:00:00Z\"");
  EXPECT_EQ(error_of("id = 1 id = 2"), "filter, column 8: expected AND, OR or the end");
  EXPECT_EQ(error_of("(id = 1"), "filter, column 8: expected )");
  EXPECT_EQ(error_of("name = 'open"), "filter, column 8: the quote ' is never closed");
  EXPECT_EQ(error_of("id = 1; DROP TABLE x"),
            "filter, column 7: this character has no meaning here: quote text with ' or \", names with `");
  EXPECT_EQ(error_of("id ="), "filter, column 5: expected a value");
  EXPECT_EQ(error_of("id"), "filter, column 3: expected one of = != > >= < <= LIKE ILIKE IN");
  EXPECT_EQ(error_of("id LIKE '1'"), "filter, column 1: LIKE is for text, which id is not");
  EXPECT_EQ(error_of("id IN ()"), "filter, column 8: expected a value");
  EXPECT_EQ(error_of("id = 1e999"), "filter, column 6: this number is out of range");
  EXPECT_EQ(error_of("id = 12x"), "filter, column 6: a number runs into a letter: quote text");
  EXPECT_EQ(error_of("name LIKE 'a\\'"), "filter, column 11: the quote ' is never closed");
  EXPECT_EQ(error_of("name LIKE 'a\\\\'"),
            "filter, column 11: the pattern ends in \\, which takes the character after it");
  EXPECT_EQ(error_of("tags.team.int_value = 'x'"),
            "filter, column 23: this value is not of the type that tags.team.int_value asks for");
}

TEST(FilterErrors, EverythingIsBounded) {
  EXPECT_NE(error_of(std::string(33, '(') + "id=1" + std::string(33, ')')).find("32 parentheses"), std::string::npos);
  EXPECT_EQ(error_of(std::string(30, '(') + "id=1" + std::string(30, ')')), "none");
  EXPECT_NE(error_of(std::string(4097, ' ')).find("4096"), std::string::npos);
  std::string many = "id=1";
  for (int i = 0; i < 100; ++i) many += " OR id=1";
  EXPECT_NE(error_of(many).find("more than 100 comparisons"), std::string::npos);
  std::string list = "id IN (1";
  for (int i = 0; i < 200; ++i) list += ",1";
  EXPECT_NE(error_of(list + ")").find("more than 200 values"), std::string::npos);
  EXPECT_NE(error_of("name LIKE '" + std::string(17, '%') + "'").find("more than 16 %"), std::string::npos);
  EXPECT_NE(error_of(std::string("name = 'a\0b'", 12)).find("NUL"), std::string::npos);
}

}  // namespace
}  // namespace souk::store
