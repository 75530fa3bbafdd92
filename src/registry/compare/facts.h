// SPDX-License-Identifier: Apache-2.0
//
// What is known of each of the compared, name by name, and the rows that it makes. Pure; inside the room only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "registry/compare/compare.h"

namespace souk::registry {

// Section → name → value as JSON.
using Facts = std::map<std::string, std::map<std::string, std::string>>;

void add_text(Facts& facts, const std::string& section, const std::string& name, std::string_view text);
// The members of a JSON object.
Status add_members(Facts& facts, const std::string& section, const json::Raw& object);
Status add_signature(Facts& facts, const std::optional<json::Raw>& signature);
void add_files(Facts& facts, const std::vector<artifacts::File>& files);

// Whether a path names a file of dependencies that souk reads: requirements.txt, conda.yaml, environment.yml,
// python_env.yaml.
bool lists_dependencies(std::string_view path);
// Package → what is demanded of it. What cannot be read adds nothing.
void add_dependencies(Facts& facts, std::string_view path, std::string_view text);
// Lines of a requirements file.
void add_requirements(Facts& facts, std::string_view text);

// `best` "metric" → "max" or "min".
std::vector<ComparedSection> sections_of(const std::vector<Facts>& facts,
                                         const std::map<std::string, std::string>& best, bool only_changed);

}  // namespace souk::registry
