// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/cli.h"
#include "cli/completion.h"
#include "cli/transfer/progress.h"

namespace souk::cli {
namespace {

TEST(Output, TableIsAlignedByCodePoints) {
  const json::Document document =
      json::Document::parse(
          R"([{"name":"é","v":{"n":1},"tags":["a","b"]},{"name":"long name","v":{"n":22},"ok":true}])")
          .value();
  std::vector<json::Value> rows;
  (void)document.root().each_element([&rows](json::Value row) -> Status {
    rows.push_back(row);
    return {};
  });
  EXPECT_EQ(table({{"NAME", "name"}, {"N", "v.n"}, {"OK", "ok"}, {"TAGS", "tags"}}, rows),
            "NAME       N   OK   TAGS\n"
            "é          1        a, b\n"
            "long name  22  yes\n");
  EXPECT_EQ(card({{"Name", "name"}, {"None", "none.there"}, {"Number", "v.n"}}, rows[0]), "Name:    é\nNumber:  1\n");
}

TEST(Output, NoTextSteersTheTerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\x7f\xc2\x9bz"), "a�[31mb c��z");
  EXPECT_EQ(printable("é – ✓"), "é – ✓");
}

TEST(Output, Bytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1024.0 * 1024 * 1024), "1.0 GiB");
}

TEST(Progress, Line) {
  const Progress progress("push a/b", 200, true);
  EXPECT_EQ(progress.line(100, std::chrono::seconds(1)),
            "push a/b [############............]  50 %  100 B of 200 B  100 B/s");
}

TEST(Cli, ExitCodes) {
  EXPECT_EQ(exit_code(Code::invalid_argument), 2);
  EXPECT_EQ(exit_code(Code::not_found), 3);
  EXPECT_EQ(exit_code(Code::unauthenticated), 4);
  EXPECT_EQ(exit_code(Code::failed_precondition), 5);
  EXPECT_EQ(exit_code(Code::unavailable), 6);
  EXPECT_EQ(exit_code(Code::internal), 1);
}

int run_words(std::vector<std::string> words, const std::vector<Command>& others = {}) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  return run(static_cast<int>(words.size()), argv.data(), others);
}

TEST(Cli, WrongUsageIsTwo) {
  EXPECT_EQ(run_words({"souk"}), 2);
  EXPECT_EQ(run_words({"souk", "nonsense"}), 2);
  EXPECT_EQ(run_words({"souk", "model", "push"}), 2);
  EXPECT_EQ(run_words({"souk", "model", "show", "A B"}), 2);
  EXPECT_EQ(run_words({"souk", "model", "list", "-o", "xml"}), 2);
  EXPECT_EQ(run_words({"souk", "infer", "d", "--image", "a", "--data", "[1]"}), 2);
  EXPECT_EQ(run_words({"souk", "completion", "csh"}), 2);
  EXPECT_EQ(run_words({"souk", "--help"}), 0);
  // An option takes one value, so that positional arguments may follow it.
  EXPECT_EQ(run_words({"souk", "model", "push", "--alias", "a", "/nonexistent", "default/m"}), 3);
}

TEST(Cli, OthersGetTheirArgumentsUntouched) {
  std::string seen;
  const Command serve{"serve", "Serve", [&seen](int argc, char** argv) {
                        for (int i = 0; i < argc; ++i) seen += std::string(argv[i]) + ",";
                        return 7;
                      }};
  EXPECT_EQ(run_words({"souk", "serve", "--data", "x", "--help"}, {serve}), 7);
  EXPECT_EQ(seen, "serve,--data,x,--help,");
}

TEST(Completion, ScriptsNameTheCommands) {
  const CommandWords words{{{"", {"model"}}, {"model", {"push", "pull"}}},
                           {{"", {"--help"}}, {"model", {}}, {"model push", {"--alias"}}}};
  EXPECT_NE(completion_script("bash", words).value().find(R"("model push") words="--alias --help" ;;)"),
            std::string::npos);
  EXPECT_NE(completion_script("fish", words).value().find("-a 'push pull'"), std::string::npos);
  EXPECT_NE(completion_script("zsh", words).value().find("bashcompinit"), std::string::npos);
  EXPECT_FALSE(completion_script("csh", words));
}

}  // namespace
}  // namespace souk::cli
