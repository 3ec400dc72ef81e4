/* Counts the words of the standard input: a line `word count` for each, in order. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Twice as much room; ends the program where there is none. */
static void *grown(void *old, size_t *capacity, size_t size) {
  *capacity *= 2;
  void *larger = realloc(old, *capacity * size);
  if (!larger) {
    fputs("out of memory\n", stderr);
    exit(1);
  }
  return larger;
}

static char *read_all(size_t *length) {
  size_t capacity = 4096;
  char *text = grown(NULL, &capacity, 1);
  *length = 0;
  size_t got;
  while ((got = fread(text + *length, 1, capacity - 1 - *length, stdin)) > 0) {
    *length += got;
    if (*length == capacity - 1) text = grown(text, &capacity, 1);
  }
  return text;
}

int main(void) {
  size_t length, count = 0, capacity = 64;
  char *text = read_all(&length);
  char **words = grown(NULL, &capacity, sizeof *words);
  for (size_t at = 0, start = 0; at <= length; at++) {
    if (at < length && isalpha((unsigned char)text[at])) {
      text[at] = (char)tolower((unsigned char)text[at]);
      continue;
    }
    if (at > start) {
      if (count == capacity) words = grown(words, &capacity, sizeof *words);
      words[count++] = text + start;
    }
    text[at] = 0;
    start = at + 1;
  }
  qsort(words, count, sizeof *words, compare);
  for (size_t first = 0, next; first < count; first = next) {
    for (next = first; next < count && !strcmp(words[first], words[next]);) next++;
    printf("%s %zu\n", words[first], next - first);
  }
  return fflush(stdout) ? 1 : 0;
}
