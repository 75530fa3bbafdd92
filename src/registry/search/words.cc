// SPDX-License-Identifier: Apache-2.0
#include "registry/search/words.h"

#include <algorithm>

namespace souk::registry {

namespace {

constexpr std::size_t kLongest = 64;

bool in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (static_cast<unsigned char>(c) & 0x80);
}

// How many bytes of a separator that is not ASCII begin here: those that FTS5 and PostgreSQL take for one too.
std::size_t separator_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0; };
  if (byte(0) == 0xC2) {  // U+00A0 to U+00BF, but for letters and numbers
    const std::string_view kept = "\xAA\xB2\xB3\xB5\xB9\xBA\xBC\xBD\xBE";
    return byte(1) >= 0xA0 && byte(1) <= 0xBF && kept.find(static_cast<char>(byte(1))) == kept.npos ? 2 : 0;
  }
  if (byte(0) == 0xE2) return byte(1) == 0x80 || (byte(1) == 0x81 && byte(2) <= 0xAF) ? 3 : 0;  // U+2000 to U+206F
  if (byte(0) == 0xE3 && byte(1) == 0x80) {  // U+3000 to U+301F, but for letters and numbers
    return byte(2) <= 0x83 || (byte(2) >= 0x88 && byte(2) <= 0x9F) ? 3 : 0;
  }
  return 0;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  const auto end_word = [&] {
    if (word.size() > kLongest) {
      word.resize(kLongest);
      while (!word.empty() && (static_cast<unsigned char>(word.back()) & 0x80)) word.pop_back();
    }
    if (!word.empty()) out.push_back(std::move(word));
    word.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (const std::size_t bytes = separator_at(text, at); bytes > 0) {
      end_word();
      at += bytes - 1;
    } else if (in_word(c)) {
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else {
      end_word();
    }
  }
  end_word();
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

std::vector<std::string> variants_of(const std::string& word) {
  std::vector<std::string> out;
  const bool ascii = std::ranges::none_of(word, [](char c) { return static_cast<unsigned char>(c) & 0x80; });
  const bool number = std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
  if (word.size() < 4 || word.size() > 32 || !ascii || number) return out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (i > 0 && word[i] == word[i - 1]) continue;
    out.push_back(word.substr(0, i) + word.substr(i + 1));
  }
  return out;
}

int distance(std::string_view a, std::string_view b, int most) {
  const std::size_t longer = std::max(a.size(), b.size()), shorter = std::min(a.size(), b.size());
  if (longer - shorter > static_cast<std::size_t>(most)) return most + 1;
  std::vector<int> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return std::min(last[b.size()], most + 1);
}

int allowed_mistakes(std::string_view word) {
  return word.size() < 4 ? 0 : word.size() < 8 ? 1 : 2;
}

}  // namespace souk::registry
