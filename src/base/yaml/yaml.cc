// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <istream>
#include <map>
#include <set>
#include <streambuf>
#include <vector>

#include "base/yaml/scalars.h"

namespace souk::yaml {
namespace {

// What the handler throws through yaml-cpp, which throws its own beside it.
struct Refused {
  Error error;
};

constexpr std::string_view kCoreTags = "tag:yaml.org,2002:";

class TextBuffer : public std::streambuf {
 public:
  explicit TextBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // streambuf only reads a get area
    setg(begin, begin, begin + text.size());
  }
};

// Turns the events of one document into JSON text.
class JsonBuilder : public YAML::EventHandler {
 public:
  JsonBuilder(const Limits& limits, Scalars scalars) : limits_(limits), scalars_(scalars) {}

  std::string take() { return text_.empty() ? "null" : std::move(text_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, "?", anchor, ""); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    scalar(mark, tag, anchor, value);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_as_key(mark, "an alias");
    if (++aliases_ > limits_.aliases) refuse(mark, "has more than " + std::to_string(limits_.aliases) + " aliases");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark, "has an alias inside of what it stands for");
    begin_value();
    append(mark, text_.substr(found->second.first, found->second.second));
    end_value();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, "seq", '[');
  }
  void OnSequenceEnd() override { close(']'); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, "map", '{');
  }
  void OnMapEnd() override { close('}'); }

 private:
  struct Level {
    bool map;
    YAML::anchor_t anchor;
    std::size_t begin;  // of its text
    bool wants_key;
    bool empty = true;
    std::set<std::string, std::less<>> keys;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& what) {
    throw Refused{invalid_argument("YAML " + what + " (line " + std::to_string(mark.line + 1) + ", column " +
                                   std::to_string(mark.column + 1) + ")")};
  }

  bool at_key() const { return !levels_.empty() && levels_.back().map && levels_.back().wants_key; }

  void refuse_as_key(const YAML::Mark& mark, const std::string& what) const {
    if (at_key()) refuse(mark, "has " + what + " as a key; keys are plain or quoted scalars");
  }

  void append(const YAML::Mark& mark, std::string_view json) {
    if (text_.size() + json.size() > limits_.expanded) {
      refuse(mark, "is larger than " + std::to_string(limits_.expanded) + " bytes with its aliases written out");
    }
    text_ += json;
  }

  void begin_value() {
    if (levels_.empty()) return;
    Level& level = levels_.back();
    if (!level.map && !level.empty) text_ += ',';
    level.empty = false;
  }

  void end_value() {
    if (!levels_.empty()) levels_.back().wants_key = levels_.back().map;
  }

  void remember(YAML::anchor_t anchor, std::size_t begin) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {begin, text_.size() - begin};
  }

  void key(const YAML::Mark& mark, const std::string& name) {
    Level& level = levels_.back();
    if (name == "<<") refuse(mark, "has a merge key, which is not part of YAML 1.2");
    if (!level.keys.insert(name).second) refuse(mark, "has the key " + json::write(name) + " twice");
    if (!level.empty) text_ += ',';
    level.empty = false;
    level.wants_key = false;
    append(mark, json::write(name));
    text_ += ':';
  }

  void scalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) {
    if (at_key()) {
      if (anchor != YAML::NullAnchor) refuse(mark, "has an anchor at a key");
      return key(mark, value);
    }
    begin_value();
    const std::size_t begin = text_.size();
    append(mark, scalar_json(mark, tag, value));
    remember(anchor, begin);
    end_value();
  }

  std::string scalar_json(const YAML::Mark& mark, const std::string& tag, const std::string& value) const {
    const bool plain = tag.empty() || tag == "?";
    const bool core = tag.starts_with(kCoreTags);
    if (!plain && tag != "!" && !core) refuse(mark, "has the tag " + json::write(tag) + ", which is not known here");
    const std::string_view type = core ? std::string_view(tag).substr(kCoreTags.size()) : "";
    if (type == "str" || tag == "!" || (plain && scalars_ == Scalars::text)) return json::write(value);
    if (core && type != "int" && type != "float" && type != "bool" && type != "null") {
      refuse(mark, "has the tag " + json::write(tag) + " at a scalar");
    }
    std::optional<std::string> typed = typed_scalar(value);
    if (!typed) refuse(mark, "has the number " + json::write(value) + ", which JSON cannot hold");
    if (core && typed->front() == '"') refuse(mark, "has " + *typed + ", which is not of its tag's type");
    return *std::move(typed);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, std::string_view type,
            char bracket) {
    refuse_as_key(mark, bracket == '{' ? "a map" : "a list");
    const bool known = tag.empty() || tag == "?" || tag == "!" || tag == std::string(kCoreTags).append(type);
    if (!known) refuse(mark, "has the tag " + json::write(tag) + ", which is not known here");
    if (levels_.size() >= limits_.depth) {
      refuse(mark, "is nested deeper than " + std::to_string(limits_.depth) + " levels");
    }
    begin_value();
    levels_.push_back({bracket == '{', anchor, text_.size(), bracket == '{', true, {}});
    append(mark, std::string_view(&bracket, 1));
  }

  void close(char bracket) {
    text_ += bracket;
    const Level level = std::move(levels_.back());
    levels_.pop_back();
    remember(level.anchor, level.begin);
    end_value();
  }

  const Limits& limits_;
  Scalars scalars_;
  std::string text_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, std::pair<std::size_t, std::size_t>> anchors_;  // begin and size of their JSON
  std::size_t aliases_ = 0;
};

Status check_text(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return invalid_argument("YAML is " + std::to_string(text.size()) + " bytes long; at most " +
                            std::to_string(limits.bytes) + " are read");
  }
  if (!json::is_utf8(text)) return invalid_argument("YAML text is not valid UTF-8");
  const auto is_control = [](unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  };
  const auto control = std::find_if(text.begin(), text.end(), is_control);
  if (control != text.end()) {
    return invalid_argument("YAML has a control character at byte " + std::to_string(control - text.begin()));
  }
  return {};
}

}  // namespace

Result<json::Raw> to_json(std::string_view text, Limits limits, Scalars scalars) {
  SOUK_TRY(check_text(text, limits));
  TextBuffer buffer(text);
  std::istream stream(&buffer);
  JsonBuilder builder(limits, scalars);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      JsonBuilder second(limits, scalars);
      if (parser.HandleNextDocument(second)) return invalid_argument("YAML has more than one document; give one");
    }
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const YAML::Exception& e) {
    return invalid_argument("not YAML: " + e.msg + " (line " + std::to_string(e.mark.line + 1) + ", column " +
                            std::to_string(e.mark.column + 1) + ")");
  }
  return json::Raw{builder.take()};
}

}  // namespace souk::yaml
