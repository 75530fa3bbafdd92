// SPDX-License-Identifier: Apache-2.0
//
// Text as words, and words that are nearly the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace souk::registry {

// Lower case (ASCII), split at everything that is neither a letter, a digit nor beyond ASCII, and at the common
// punctuation there; a word is cut at 64 bytes.
std::vector<std::string> words_of(std::string_view text);
std::string joined(const std::vector<std::string>& words);
// The word with one byte left out, each way; nothing of words shorter than 4 or longer than 32, of numbers, nor beyond
// ASCII.
std::vector<std::string> variants_of(const std::string& word);
// Letters left out, put in, changed, or two neighbours swapped, that lead from one to the other; above `most`: most
// + 1.
int distance(std::string_view a, std::string_view b, int most);
// How many mistakes a word of this length may have.
int allowed_mistakes(std::string_view word);

}  // namespace souk::registry
