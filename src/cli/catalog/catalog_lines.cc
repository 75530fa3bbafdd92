// SPDX-License-Identifier: Apache-2.0
#include "cli/catalog/catalog_commands.h"
#include "cli/command_line.h"

namespace souk::cli {

void add_catalog(CommandLine& line) {
  CLI::App* noun = line.noun("catalog", "Models and MCP servers from elsewhere: list, show, sources");
  CatalogOptions& options = line.catalog;
  CLI::App* list = line.verb(noun, "list", "List what is there to take",
                             [&options](const Context& c) { return catalog_list(c, options); });
  list->add_option("words", options.words, "Words that its name or description has");
  list->add_option("--filter", options.filter, "Which, such as: license = 'mit' AND tasks = 'text-generation'");
  list->add_option("--order-by", options.order_by, "NAME, ACCURACY, CREATE_TIME, artifacts.mmlu.double_value, …");
  list->add_option("--source", options.source, "Only of this source");
  list->add_flag("--mcp", options.servers, "MCP servers instead of models");
  line.verb(noun, "show", "Show a model with its artifacts",
            [&options](const Context& c) { return catalog_show(c, options); })
      ->add_option("model", options.name, "SOURCE/MODEL, as souk catalog list shows it")
      ->required();
  line.verb(noun, "sources", "Where it comes from, and what is wrong there",
            [](const Context& c) { return catalog_sources(c); });

  CLI::App* get = line.verb(&line.app, "fetch", "Fetch what a model registry's address names into a folder",
                            [&line](const Context& c) { return fetch(c, line.fetch); });
  get->add_option("uri", line.fetch.uri, "model-registry://[HOST/]MODEL[/VERSION]")->required();
  get->add_option("folder", line.fetch.folder, "Where to (default: the model's name)");
  get->add_flag("--force", line.fetch.force, "Replace files that are there with other content");

  CLI::App* card = line.app.get_subcommand("model")->add_subcommand("card", "What is written of a model: edit");
  card->require_subcommand(1);
  CLI::App* edit = line.verb(card, "edit", "Edit a model's readme, or a version's description, in $EDITOR",
                             [&line](const Context& c) { return card_edit(c, line.card); });
  edit->add_option("reference", line.card.reference, "[namespace/]model[:tag|@alias|@sha256:…]")->required();
  edit->add_option("--file", line.card.file, "Take the text from this file (-: stdin), without an editor");
}

}  // namespace souk::cli
