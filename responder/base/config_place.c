/* Walks the document once more with libyaml, which libcyaml does not expose. Only for complaints.
 */
#include "responder/base/config_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static yaml_node_t *child_of(yaml_document_t *d, yaml_node_t *node, const char *key, size_t n)
{
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
		p++) {
		yaml_node_t *name = yaml_document_get_node(d, p->key);
		if (name && name->type == YAML_SCALAR_NODE && name->data.scalar.length == n &&
			memcmp(name->data.scalar.value, key, n) == 0)
			return yaml_document_get_node(d, p->value);
	}
	return NULL;
}

static yaml_node_t *item_of(yaml_document_t *d, yaml_node_t *node, long index)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return NULL;
	yaml_node_item_t *at = node->data.sequence.items.start + index;
	return at < node->data.sequence.items.top ? yaml_document_get_node(d, *at) : NULL;
}

/* As far along the path as the document goes. */
static yaml_node_t *walk(yaml_document_t *d, const char *path)
{
	yaml_node_t *node = yaml_document_get_root_node(d);
	while (node && *path) {
		yaml_node_t *next;
		if (*path == '[') {
			char *end;
			next = item_of(d, node, strtol(path + 1, &end, 10));
			path = end + 1;
		} else {
			path += *path == '.';
			size_t n = strcspn(path, ".[");
			next = child_of(d, node, path, n);
			path += n;
		}
		if (!next)
			return node;
		node = next;
	}
	return node;
}

static void put_mark(const char *file, yaml_mark_t m, char *out, size_t n)
{
	snprintf(out, n, "%s:%zu:%zu", file, m.line + 1, m.column + 1);
}

/* The place of the path in the document at that index, or of a fault in it; false when the file has
 * no such document. */
static bool find(const char *file, int index, const char *path, char *out, size_t n)
{
	FILE *f = fopen(file, "r");
	yaml_parser_t parser;
	yaml_document_t document;
	bool found = false;
	snprintf(out, n, "%s", file);
	if (!f || !yaml_parser_initialize(&parser)) {
		if (f)
			fclose(f);
		return false;
	}
	yaml_parser_set_input_file(&parser, f);
	for (int i = 0; i <= index && !found; i++) {
		if (!yaml_parser_load(&parser, &document)) {
			put_mark(file, parser.problem_mark, out, n);
			found = true;
			break;
		}
		yaml_node_t *node = walk(&document, path);
		found = i == index && node;
		if (found)
			put_mark(file, node->start_mark, out, n);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	fclose(f);
	return found;
}

void config_place(const char *file, const char *path, char *out, size_t n)
{
	(void)find(file, 0, path, out, n);
}

bool config_place_second(const char *file, char *out, size_t n)
{
	return find(file, 1, "", out, n);
}

void config_place_key(const char *file, const char *key, unsigned from, char *out, size_t n)
{
	char line[1024];
	unsigned number = 0;
	FILE *f = fopen(file, "r");
	snprintf(out, n, "%s:%u", file, from);
	while (f && fgets(line, sizeof line, f)) {
		size_t indent = strspn(line, " -"), k = strlen(key);
		if (++number < from || strncmp(line + indent, key, k) != 0 ||
			line[indent + k] != ':')
			continue;
		snprintf(out, n, "%s:%u:%zu", file, number, indent + 1);
		break;
	}
	if (f)
		fclose(f);
}
