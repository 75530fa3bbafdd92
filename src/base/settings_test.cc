// SPDX-License-Identifier: Apache-2.0
#include "base/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/settings_forms.h"

namespace souk::settings {
namespace {

struct Fields {
  std::string name = "souk";
  std::string level = "info";
  std::string password;
  bool dev = false;
  std::int64_t threads = 4;
  double ratio = 0.5;
  std::chrono::milliseconds timeout{30'000};
  Bytes limit{64 << 20};
  std::vector<std::string> hosts{"a", "b"};

  Table table;
  Fields() {
    table.add("net.name", name, {.help = "Its name."});
    table.add("log.level", level, {.help = "What is logged.", .choices = {"info", "warn"}});
    table.add("store.password", password, {.help = "Secret.", .secret = true});
    table.add("dev", dev, {.help = "Dev mode."});
    table.add("net.threads", threads, {.help = "Threads.", .min = 1, .max = 64});
    table.add("net.ratio", ratio, {.help = "A | B.", .min = 0, .max = 1});
    table.add("net.idle_timeout", timeout, {.help = "Idle.", .min = 1000, .max = 3'600'000});
    table.add("net.limit", limit, {.help = "Limit.", .min = 1024});
    table.add("net.hosts", hosts, {.help = "Hosts."});
  }

  std::string environment(std::vector<const char*> list, std::vector<std::string> others = {}) {
    list.push_back(nullptr);
    const Status status = table.load_environment(list.data(), others);
    return status ? "" : status.error().message;
  }

  std::string file(const std::string& text) {
    const auto path = std::filesystem::temp_directory_path() / ("souk-settings-" + std::to_string(getpid()) + ".yaml");
    std::ofstream(path) << text;
    const Status status = table.load_file(path);
    std::filesystem::remove(path);
    if (status) return "";
    const std::string& message = status.error().message;
    return message.substr(message.find(".yaml: ") + 7);
  }
};

TEST(Settings, LaterSourcesWin) {
  Fields f;
  EXPECT_EQ(f.file("net:\n  name: filed\n  threads: 8\n  hosts: [x, y]\n  idle_timeout: 5m\n  limit: 2GiB\ndev: true\n"
                   "store: {password: 0123}\n"),
            "");
  EXPECT_EQ(f.environment({"PATH=/bin", "SOUK_NET_THREADS=16", "SOUK_KEY=k"}, {"SOUK_KEY"}), "");
  EXPECT_TRUE(f.table.set_flag("net.ratio", "0.25"));
  EXPECT_EQ(f.name, "filed");
  EXPECT_EQ(f.threads, 16);
  EXPECT_EQ(f.hosts, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(f.timeout, std::chrono::minutes(5));
  EXPECT_EQ(f.limit.count, 2ull << 30);
  EXPECT_EQ(f.ratio, 0.25);
  EXPECT_EQ(f.password, "0123");
  EXPECT_TRUE(f.dev);
  EXPECT_EQ(f.table.entries()[4].source, "environment");
  EXPECT_EQ(f.table.entries()[4].default_text, "4");
}

TEST(Settings, UnknownKeysFail) {
  Fields f;
  EXPECT_EQ(f.file("net: {colour: 1}"), "there is no setting net.colour, which the file gives");
  EXPECT_EQ(f.environment({"SOUK_NET_COLOUR=1"}), "the environment has SOUK_NET_COLOUR, which is no setting of souk");
  EXPECT_EQ(f.table.set_flag("colour", "1").error().code, Code::invalid_argument);
  EXPECT_EQ(f.file("[1]"), "expected a map of settings, got an array");
  EXPECT_EQ(f.file("net: {hosts: [[1]]}"), "net.hosts: expected a list of texts without commas");
  EXPECT_EQ(f.file(""), "");
}

TEST(Settings, BoundsAreChecked) {
  Fields f;
  const auto message = [&f](std::string_view key, std::string_view value) {
    const Status status = f.table.set_flag(key, value);
    return status ? std::string("no error") : status.error().message;
  };
  EXPECT_EQ(message("net.threads", "65"),
            "setting net.threads from the flag: expected an integer from 1 to 64, got \"65\"");
  EXPECT_EQ(message("net.idle_timeout", "5ms"),
            "setting net.idle_timeout from the flag: expected a duration such as 30s from 1s to 1h, got \"5ms\"");
  EXPECT_EQ(message("net.limit", "12"),
            "setting net.limit from the flag: expected a size such as 64MiB of at least 1KiB, got \"12\"");
  EXPECT_EQ(message("log.level", "loud"), "setting log.level from the flag: expected one of info, warn, got \"loud\"");
  for (const auto& [key, value] : {std::pair{"net.threads", "1x"},
                                   {"net.threads", ""},
                                   {"net.ratio", "nan"},
                                   {"dev", "yes"},
                                   {"net.idle_timeout", "30"},
                                   {"net.limit", "99999999999TiB"}}) {
    EXPECT_NE(message(key, value), "no error") << key << value;
  }
  EXPECT_EQ(f.threads, 4);
}

TEST(Settings, SecretsAreNoFlagsAndNotShown) {
  Fields f;
  const Status status = f.table.set_flag("store.password", "hunter2");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message.find("hunter2"), std::string::npos);
  EXPECT_EQ(status.error().hint, "give it as SOUK_STORE_PASSWORD or in the settings file");
  EXPECT_EQ(mask_url("postgresql://souk:p@ss@db:5432/souk"), "postgresql://souk:***@db:5432/souk");
  EXPECT_EQ(mask_url("sqlite:/data/a:b@c"), "sqlite:/data/a:b@c");
  EXPECT_EQ(mask_url("https://user@host/x:y@z"), "https://user@host/x:y@z");
}

TEST(Settings, Forms) {
  EXPECT_EQ(format_duration(*parse_duration("90000ms")), "90s");
  EXPECT_EQ(format_duration(*parse_duration("7d")), "7d");
  EXPECT_EQ(format_duration(*parse_duration("0")), "0");
  EXPECT_EQ(format_size(*parse_size("1024")), "1KiB");
  for (const char* text : {"", "s", "-1s", "1.5s", "1 s", "5", "1w"}) EXPECT_FALSE(parse_duration(text)) << text;
  for (const char* text : {"", "KiB", "-1", "1KB", "1k", "99999999999999999999"})
    EXPECT_FALSE(parse_size(text)) << text;
  EXPECT_EQ(Table::environment_name("net.idle_timeout"), "SOUK_NET_IDLE_TIMEOUT");
  EXPECT_EQ(Table::flag_name("net.idle_timeout"), "--net-idle-timeout");
}

TEST(Settings, ReferencePage) {
  const std::string page = Fields().table.markdown();
  EXPECT_NE(page.find("| `net.idle_timeout` | duration | `30s` | from 1s to 1h | Idle. |\n"), std::string::npos);
  EXPECT_NE(page.find("| `net.ratio` | number | `0.5` | from 0 to 1 | A \\| B. |\n"), std::string::npos);
}

}  // namespace
}  // namespace souk::settings
