// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "cli/cli.h"
#include "cli/context.h"

namespace souk::cli {
namespace {

std::string_view next_step(Code code) {
  switch (code) {
    case Code::unauthenticated:
      return "souk login, or set SOUK_KEY";
    case Code::permission_denied:
      return "ask an admin of the namespace for a role; souk key list shows your keys";
    case Code::not_found:
      return "souk model list and souk deployment list show what there is";
    case Code::unavailable:
      return "souk serve --dev starts a server here; SOUK_URL names another one";
    case Code::deadline_exceeded:
      return "run it again, with a longer --wait";
    case Code::resource_exhausted:
      return "run it again later";
    case Code::already_exists:
    case Code::failed_precondition:
    case Code::aborted:
      return "souk model show and souk deployment show tell the present state";
    case Code::invalid_argument:
      return "souk COMMAND --help";
    default:
      return "look into the server's log; it has the same moment";
  }
}

}  // namespace

int exit_code(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::out_of_range:
      return 2;
    case Code::not_found:
      return 3;
    case Code::permission_denied:
    case Code::unauthenticated:
      return 4;
    case Code::already_exists:
    case Code::failed_precondition:
    case Code::aborted:
      return 5;
    case Code::unavailable:
    case Code::deadline_exceeded:
    case Code::resource_exhausted:
      return 6;
    default:
      return 1;
  }
}

int report(const Error& error) {
  std::string text = "souk: " + printable(error.describe()) + "\n";
  // The server's advice at a missing key is about headers; ours is about this program.
  const bool own = error.hint.empty() || error.code == Code::unauthenticated;
  text += "try: " + (own ? std::string(next_step(error.code)) : printable(error.hint)) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  return exit_code(error.code);
}

Status Context::confirm(const std::string& what) const {
  if (yes) return {};
  if (::isatty(STDIN_FILENO) == 0) {
    return failed_precondition("this would " + what + ", and there is nobody to ask").advise("add --yes");
  }
  std::fputs((printable(what) + "? [y/N] ").c_str(), stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return failed_precondition("not done").advise("answer y, or add --yes");
}

}  // namespace souk::cli
