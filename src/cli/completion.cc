// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

namespace souk::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

// The words of `key`, with the options that every command takes.
std::string words_of(const CommandWords& words, const std::string& key) {
  std::vector<std::string> all;
  if (const auto verbs = words.verbs.find(key); verbs != words.verbs.end()) all = verbs->second;
  for (const std::string& from : {key, std::string()}) {
    if (const auto options = words.options.find(from); options != words.options.end()) {
      all.insert(all.end(), options->second.begin(), options->second.end());
    }
    if (key.empty()) break;
  }
  return joined(all);
}

std::string bash_script(const CommandWords& words) {
  std::string cases;
  std::string commands;
  for (const auto& [key, _] : words.options) {
    cases += "    \"" + key + "\") words=\"" + words_of(words, key) + "\" ;;\n";
    if (!key.empty()) commands.append(commands.empty() ? "" : "|").append("\"" + key + "\"");
  }
  return "# completion of souk: source <(souk completion bash)\n"
         "_souk() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} command=\"\" words=\"\" word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$command${command:+ }$word\" in\n      " +
         commands +
         ") command=\"$command${command:+ }$word\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "}\n";
}

std::string fish_script(const CommandWords& words) {
  std::string text = "# fish completion of souk: souk completion fish | source\ncomplete -c souk -f\n";
  for (const auto& [key, verbs] : words.verbs) {
    const std::string condition =
        key.empty() ? "__fish_use_subcommand"
                    : "__fish_seen_subcommand_from " + key + "; and not __fish_seen_subcommand_from " + joined(verbs);
    if (!verbs.empty()) text += "complete -c souk -n '" + condition + "' -a '" + joined(verbs) + "'\n";
  }
  for (const auto& [key, options] : words.options) {
    std::string condition;
    if (!key.empty()) {
      const std::size_t space = key.find(' ');
      condition = " -n '__fish_seen_subcommand_from " + key.substr(0, space);
      if (space != std::string::npos) condition += "; and __fish_seen_subcommand_from " + key.substr(space + 1);
      condition += "'";
    }
    for (const std::string& option : options) {
      const bool is_long = option.starts_with("--");
      text +=
          "complete -c souk" + condition + (is_long ? " -l " + option.substr(2) : " -s " + option.substr(1)) + " -F\n";
    }
  }
  text += "complete -c souk -n '__fish_seen_subcommand_from push pull infer' -F\n";
  return text;
}

}  // namespace

Result<std::string> completion_script(std::string_view shell, const CommandWords& words) {
  if (shell == "fish") return fish_script(words);
  if (shell != "bash" && shell != "zsh") {
    return invalid_argument("there is no completion for the shell " + std::string(shell))
        .advise("souk completion bash, zsh or fish");
  }
  std::string text = bash_script(words) + "complete -o filenames -F _souk souk\n";
  if (shell == "zsh") text = "autoload -U +X bashcompinit && bashcompinit\n" + text;
  return text;
}

}  // namespace souk::cli
