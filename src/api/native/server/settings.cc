// SPDX-License-Identifier: Apache-2.0
#include "api/native/server/settings.h"

#include "api/bind.h"
#include "api/error_table.h"

namespace souk::api::native {
namespace {

BOOST_DEFINE_ENUM_CLASS(SettingSource, DEFAULT, FILE, ENVIRONMENT, FLAG)

struct Setting {
  std::string key, type, value, default_value;
  SettingSource source = SettingSource::DEFAULT;
  std::string environment, flag;
  std::string help;
};
BOOST_DESCRIBE_STRUCT(Setting, (), (key, type, value, default_value, source, environment, flag, help))
struct SettingList {
  std::vector<Setting> settings;
  OperatorCommand operator_command;
};
BOOST_DESCRIBE_STRUCT(SettingList, (), (settings, operator_command))
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

SettingSource source_of(std::string_view name) {
  if (name == "file") return SettingSource::FILE;
  if (name == "environment") return SettingSource::ENVIRONMENT;
  return name == "flag" ? SettingSource::FLAG : SettingSource::DEFAULT;
}

Setting shape(const settings::Entry& entry) {
  Setting out;
  out.key = entry.key;
  out.type = entry.type;
  const std::string value = entry.get();
  out.value = entry.about.secret && !value.empty() ? "***" : settings::mask_url(value);
  out.default_value = entry.default_text;
  out.source = source_of(entry.source);
  out.environment = settings::Table::environment_name(entry.key);
  if (!entry.about.secret) out.flag = settings::Table::flag_name(entry.key);
  out.help = entry.about.help;
  return out;
}

}  // namespace

void add_settings(RouteTable& table, const access::Access& access, const std::vector<settings::Entry>& entries,
                  std::function<OperatorCommand()> command) {
  SettingList all;
  for (const settings::Entry& entry : entries) all.settings.push_back(shape(entry));
  table.door("native", &problem, {})
      .add(plain<Nothing, SettingList>(
          "GET", "/api/v1/settings", kAdmin, kUsual,
          {"list_settings", "What this server was started with, and where each value was said; for its admins"},
          [&access, all, command = std::move(command)](const access::Call& call,
                                                       const Nothing&) -> Result<SettingList> {
            SOUK_TRY(access.require_everywhere(call, access::Role::ADMIN));
            return SettingList{all.settings, command()};
          }));
}

}  // namespace souk::api::native
