// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/reason.h"

#include <cctype>

namespace souk::runtimes {

namespace {

constexpr std::size_t kLongest = 400;

void remove_prefix(std::string& text, std::string_view prefix) {
  if (text.starts_with(prefix)) text.erase(0, prefix.size());
}

// "/onnxruntime_src/a/b.cc:123 ns::Type::function(args) condition was false. " → "". Where nothing after it says
// more, what is left stays.
void remove_source_locations(std::string& text) {
  for (std::string_view extension : {".cc:", ".h:", ".hpp:"}) {
    for (std::size_t at; (at = text.find(extension)) != std::string::npos;) {
      std::size_t begin = text.find_last_of(" \t(", at);
      begin = begin == std::string::npos ? 0 : begin + 1;
      std::size_t end = at + extension.size();
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
      std::size_t condition = text.find(" was false. ", end);
      if (condition != std::string::npos) {
        end = condition + std::string_view(" was false. ").size();
      } else if (std::size_t after = text.find(' ', end + 1); after != std::string::npos) {
        // the function's name, with its arguments when they are shown
        std::size_t open = text.find('(', end);
        std::size_t close = open < after ? text.find(") ", open) : std::string::npos;
        end = (close != std::string::npos ? close + 1 : after) + 1;
      }
      text.erase(begin, std::min(end, text.size()) - begin);
    }
  }
}

std::string one_line(std::string_view message) {
  std::string text;
  text.reserve(message.size());
  for (char c : message) {
    bool space = static_cast<unsigned char>(c) <= ' ' || c == 0x7f;
    if (!space) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text;
}

// "Fatal error: com.acme:Frobnicate(-1) is not a registered function/op" → the operator.
bool name_missing_operator(std::string& text) {
  std::size_t end = text.find("(-1) is not a registered function/op");
  if (end == std::string::npos) return false;
  std::size_t begin = text.find_last_of(' ', end);
  begin = begin == std::string::npos ? 0 : begin + 1;
  text = "ONNX Runtime does not have the operator " + text.substr(begin, end - begin);
  return true;
}

// "Non-zero status code returned while running Reshape node. Name:'r' Status Message: X" → "node Reshape 'r': X"
void name_node(std::string& text) {
  constexpr std::string_view kBegin = "Non-zero status code returned while running ",
                             kMiddle = " node. Name:", kEnd = "Status Message: ";
  if (!text.starts_with(kBegin)) return;
  std::size_t middle = text.find(kMiddle), end = text.find(kEnd);
  if (middle == std::string::npos || end == std::string::npos || end < middle) return;
  std::string operation = text.substr(kBegin.size(), middle - kBegin.size());
  std::string name = text.substr(middle + kMiddle.size(), end - middle - kMiddle.size());
  while (!name.empty() && name.back() == ' ') name.pop_back();
  if (name == "''") name.clear();
  text = "node " + operation + (name.empty() ? "" : " " + name) + ": " + text.substr(end + kEnd.size());
}

}  // namespace

std::string clean_reason(std::string_view message) {
  std::string text = one_line(message);
  if (name_missing_operator(text)) return text;
  name_node(text);
  remove_source_locations(text);
  remove_prefix(text, "Load model failed:");
  remove_prefix(text, "Exception during initialization: ");
  while (!text.empty() && text.front() == ' ') text.erase(0, 1);
  if (text.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
    text = text.substr(0, end) + "…";
  }
  return text.empty() ? "ONNX Runtime gave no reason" : text;
}

}  // namespace souk::runtimes
