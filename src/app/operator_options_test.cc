// SPDX-License-Identifier: Apache-2.0
#include "app/operator_options.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace souk::app {
namespace {

struct Started {
  Settings settings;
  settings::Table table = table_of(settings);

  explicit Started(const std::vector<std::string>& arguments, const std::vector<const char*>& environment = {nullptr}) {
    EXPECT_TRUE(load(table, arguments, environment.data(), &settings.config_file));
    EXPECT_TRUE(complete(settings));
  }
  std::string options(std::string_view address = "127.0.0.1:8080") const {
    return operator_command(table, settings, address, "/usr/bin/souk", "").options;
  }
};

std::string here(const std::string& name) {
  return (std::filesystem::current_path() / name).string();
}

TEST(OperatorCommand, NamesTheFolderWholly) {
  EXPECT_EQ(Started({"--data", ".data"}).options(), "--data " + shell_word(here(".data")));
  EXPECT_EQ(Started({"--data", "/a b/it's"}).options(), R"(--data '/a b/it'\''s')");
  EXPECT_EQ(Started({"--data", "/d"}).options("127.0.0.1:9"), "--data /d --listen 127.0.0.1:9");
}

TEST(OperatorCommand, SaysWhatWasSaidOfDatabaseAndBytes) {
  EXPECT_EQ(
      Started({"--data", "/d", "--database", "sqlite:x.db", "--blobs", "file:/b", "--log-level", "warn"}).options(),
      "--data /d --database " + shell_word("sqlite:" + here("x.db")) + " --blobs file:/b");
  EXPECT_EQ(Started({"--data", "/d"}, {"SOUK_DATABASE=postgresql://u@h/d?a=1&b=$HOME", nullptr}).options(),
            "--data /d --database 'postgresql://u@h/d?a=1&b=$HOME'");
}

TEST(OperatorCommand, TellsNoSecret) {
  const Started started({"--data", "/d", "--database", "postgresql://u:topsecret@h/d"},
                        {"SOUK_S3_SECRET_KEY=topsecret", nullptr});
  EXPECT_EQ(started.options(), R"(--data /d --database "${SOUK_DATABASE:?}")");
}

TEST(OperatorCommand, LeavesToTheFileWhatStandsThere) {
  const auto file = std::filesystem::temp_directory_path() / ("souk_operator_" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(file) << "blobs: file:/b\nlog: {level: warn}\n";
  EXPECT_EQ(Started({"--data", "/d", "--config", file.string()}).options(),
            "--data /d --config " + shell_word(file.string()));
  std::filesystem::remove(file);
}

TEST(OperatorCommand, IsFoundWhereShellsLook) {
  const Started started({"--data", "/d"});
  const auto program = [&](std::string_view path, std::string_view folders) {
    return operator_command(started.table, started.settings, "", path, folders).program;
  };
  for (const char* path : {"/usr/bin/souk", "/usr/local/bin/souk", ""})
    EXPECT_EQ(program(path, "/usr/local/bin:/usr/bin"), "souk") << path;
  EXPECT_EQ(program("/usr/bin/souk", "/usr/local/bin::.:/usr"), "/usr/bin/souk");
  EXPECT_EQ(program("/my builds/souk", ""), "'/my builds/souk'");
  EXPECT_EQ(program("/usr/bin/souk-2", "/usr/bin"), "/usr/bin/souk-2");
}

// The shell itself says whether that is one word again.
TEST(OperatorCommand, QuotesForTheShell) {
  for (const std::string text :
       {"", "plain/a-b_c.d", "a b", "it's", "$HOME `id` \"x\" \\ !", "a\nb", "-*?[x]~#;&|<>()"}) {
    const auto file = std::filesystem::temp_directory_path() / ("souk_quoted_" + std::to_string(::getpid()));
    ASSERT_EQ(std::system(("printf %s " + shell_word(text) + " > " + file.string()).c_str()), 0) << text;
    std::ifstream in(file, std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text);
    std::filesystem::remove(file);
  }
}

}  // namespace
}  // namespace souk::app
