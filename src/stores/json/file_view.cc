#include "stores/json/file_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "stores/json/file_reader.h"

namespace decant::stores {

Result<std::unique_ptr<FileView>> FileView::open(const JsonConfig& config,
                                                 std::vector<DataFile> files, SectionCache& cache,
                                                 ShapeTable& shapes) {
  std::unique_ptr<FileView> view(new FileView(std::move(files), shapes));
  for (std::uint32_t i = 0; i < view->files_.size(); ++i) {
    view->paths_.push_back(view->files_[i].label);
    DECANT_CHECK(view->add_file(config, i, cache));
  }
  const bool chosen = !config.member.empty() && !view->files_.empty();
  if (chosen && view->definitions_.empty() && !config.options.for_write) {
    return Error{ErrorCode::not_found,
                 fmt::format("'{}' holds no collection '{}'", config.path, config.member)};
  }
  return view;
}

Status FileView::add_file(const JsonConfig& config, std::uint32_t index, SectionCache& cache) {
  const DataFile& file = files_[index];
  DECANT_ASSIGN(const std::vector<Section> sections,
                cache.sections_of(file, config.pointer, config.options.stop));
  DECANT_ASSIGN(const std::vector<Definition> sidecar, read_sidecar(file.path));
  for (const Section& section : sections) {
    TextPlace place;
    place.path = file.path;
    place.label = file.label;
    place.file = index;
    place.format = file.format;
    place.section = section;
    place.may_be_empty = config.options.for_write;
    place.stop = config.options.stop;
    if (file.format.format == Format::csv) place.columns = config.options.columns;
    // '#name' chooses among the named lists of a file; where a file has one text, it names it.
    if (!section.name.empty() && !config.member.empty() && section.name != config.member) continue;
    const std::string& collection = !section.name.empty()    ? section.name
                                    : !config.member.empty() ? config.member
                                                             : file.collection;
    add_place(std::move(place), collection, config, sidecar);
  }
  return ok_status();
}

void FileView::add_place(TextPlace place, const std::string& collection, const JsonConfig& config,
                         const std::vector<Definition>& sidecar) {
  const Definition* declared = find_definition(config.options.definitions, collection);
  if (declared == nullptr) declared = find_definition(sidecar, collection);
  // A file that was renamed, or is read under another name, keeps the one definition beside it.
  if (declared == nullptr && sidecar.size() == 1) declared = &sidecar.front();
  const bool known = declared != nullptr;
  Definition definition = known ? *declared : Definition();
  definition.name = collection;
  if (!known) definition.open = true;
  if (known) {
    declared_.push_back(std::make_unique<const Definition>(definition));
    place.declared = declared_.back().get();
    place.may_be_empty = place.may_be_empty || !definition.fields.empty();
  }
  std::size_t at = 0;
  while (at < definitions_.size() && definitions_[at].name != collection) ++at;
  if (at == definitions_.size()) {
    definitions_.push_back(std::move(definition));
    places_.emplace_back();
  }
  places_[at].push_back(std::move(place));
}

Result<std::size_t> FileView::collection_at(std::string_view name) const {
  for (std::size_t i = 0; i < definitions_.size(); ++i) {
    if (definitions_[i].name == name) return i;
  }
  return Error{ErrorCode::not_found,
               fmt::format("there is no collection '{}' in these files", name)};
}

Result<std::vector<Partition>> FileView::partitions(std::string_view collection) {
  DECANT_ASSIGN(const std::size_t at, collection_at(collection));
  std::vector<Partition> partitions;
  for (const TextPlace& place : places_[at]) {
    Partition partition;
    partition.collection = collection;
    partition.id =
        place.section.name.empty() ? place.label : place.label + "#" + place.section.name;
    partition.label = place.label;
    partition.file = place.file;
    // Of a compressed file, or one list of several, the size of the text is not known.
    const bool whole = place.section.name.empty() && place.format.compression == Compression::none;
    partition.bytes = whole ? files_[place.file].stamp.size : 0;
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

Result<std::unique_ptr<Reader>> FileView::read(const Partition& partition,
                                               const ReadOptions& options) {
  DECANT_ASSIGN(const std::size_t at, collection_at(partition.collection));
  for (const TextPlace& place : places_[at]) {
    if (place.file != partition.file) continue;
    DECANT_ASSIGN(auto reader, FileReader::open(place, shapes_, options));
    return std::unique_ptr<Reader>(std::move(reader));
  }
  return Error{ErrorCode::not_found,
               fmt::format("there is no file '{}' in this source any more", partition.label)};
}

Result<std::unique_ptr<Reader>> FileView::fetch(std::string_view collection,
                                                std::span<const Origin> origins) {
  DECANT_ASSIGN(const std::size_t at, collection_at(collection));
  std::vector<const TextPlace*> places(files_.size(), nullptr);
  for (const TextPlace& place : places_[at]) places[place.file] = &place;
  return std::unique_ptr<Reader>(
      std::make_unique<FetchReader>(std::move(places), shapes_, origins));
}

Result<std::vector<std::string>> FileView::changes_seen() {
  std::vector<std::string> changes;
  for (const DataFile& file : files_) {
    const Result<FileStamp> now = file_stamp(file.path);
    if (!now.ok()) {
      changes.push_back(fmt::format("{}: it was there, and is not any more", file.label));
    } else if (now->size != file.stamp.size) {
      changes.push_back(
          fmt::format("{}: size was {}, is {}", file.label, file.stamp.size, now->size));
    } else if (!(*now == file.stamp)) {
      changes.push_back(fmt::format("{}: it was written to or replaced", file.label));
    }
  }
  return changes;
}

}  // namespace decant::stores
