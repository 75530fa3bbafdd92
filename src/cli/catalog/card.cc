// SPDX-License-Identifier: Apache-2.0
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cli/catalog/catalog_commands.h"
#include "cli/describe.h"

namespace souk::cli {
namespace {

constexpr std::size_t kMostBytes = 1 << 20;

// A card that is being edited: what it is a field of.
struct Card {
  std::string path;   // of the model or version
  std::string field;  // readme, description
  std::string label;
  std::string text, etag;
};

Result<Card> read_card(const Context& context, const std::string& name) {
  const Reference reference = SOUK_TRY(parse_reference(name));
  const bool version = !reference.tag.empty() || !reference.alias.empty() || reference.digest;
  Card card{model_path(reference), "readme", "the readme of " + reference.model_name(), {}, {}};
  if (version) {
    const std::int64_t number = SOUK_TRY(resolve_version(context.remote, reference));
    card.path = version_path(reference, number);
    card.field = "description";
    card.label = "the description of version " + std::to_string(number) + " of " + reference.model_name();
  }
  const json::Document document = SOUK_TRY(context.remote.get(card.path));
  const auto text = document.root().find(card.field);
  if (text && text->kind() == json::Kind::string) card.text = text->string();
  card.etag = cell(document.root(), "etag");
  return card;
}

Result<std::string> whole(std::istream& in, const std::string& name) {
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) return failed_precondition("cannot read " + name);
  if (text.size() > kMostBytes) return invalid_argument(name + " has more than 1 MiB");
  return text;
}

Result<std::string> text_of_file(const std::string& file) {
  if (file == "-") return whole(std::cin, "stdin");
  std::ifstream in(file, std::ios::binary);
  if (!in) return failed_precondition("cannot open " + file);
  return whole(in, file);
}

// A file of the caller's alone, gone with this object unless it is kept.
class Draft {
 public:
  static Result<Draft> make(const std::string& text) {
    std::string path = (std::filesystem::temp_directory_path() / "souk-card-XXXXXX.md").string();
    const int fd = ::mkstemps(path.data(), 3);
    if (fd < 0) return failed_precondition("cannot make a file in " + path);
    ::close(fd);
    std::ofstream(path, std::ios::binary) << text;
    return Draft(std::move(path));
  }
  Draft(Draft&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  ~Draft() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  std::string keep() { return std::exchange(path_, ""); }

 private:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// $VISUAL, else $EDITOR, which may have arguments of its own.
Status run_editor(const std::string& path) {
  const char* visual = std::getenv("VISUAL");
  const char* editor = visual != nullptr && *visual != '\0' ? visual : std::getenv("EDITOR");
  if (editor == nullptr || *editor == '\0') {
    if (::isatty(0) == 0) {
      return failed_precondition("there is no editor: neither VISUAL nor EDITOR is set").advise("add --file PATH");
    }
    editor = "vi";
  }
  const std::string command = std::string(editor) + " \"$1\"";
  const pid_t child = ::fork();
  if (child < 0) return unavailable("no process could be started");
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), "souk", path.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return failed_precondition(std::string("the editor ") + editor + " failed; nothing was changed")
      .advise("try again, or add --file PATH");
}

Status save(const Context& context, const Card& card, const std::string& text) {
  const std::string body = "{\"" + card.field + "\":" + json::write(text) + "}";
  std::vector<net::Header> headers;
  if (!card.etag.empty()) headers.push_back({"If-Match", "\"" + card.etag + "\""});
  const json::Document saved = SOUK_TRY(context.remote.send("PATCH", card.path, body, std::move(headers)));
  context.out.print(saved.root(), [&] { return "saved " + card.label + "\n"; });
  return {};
}

}  // namespace

Status card_edit(const Context& context, const CardOptions& options) {
  const Card card = SOUK_TRY(read_card(context, options.reference));
  if (!options.file.empty()) return save(context, card, SOUK_TRY(text_of_file(options.file)));
  Draft draft = SOUK_TRY(Draft::make(card.text));
  SOUK_TRY(run_editor(draft.path()));
  const std::string text = SOUK_TRY(text_of_file(draft.path()));
  if (text == card.text) {
    context.out.remark("nothing was changed");
    return {};
  }
  Status saved = save(context, card, text);
  if (!saved) context.out.remark("your text is kept in " + draft.keep());
  return saved;
}

}  // namespace souk::cli
