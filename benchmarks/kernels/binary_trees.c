/* Binary trees of depth 8, n times made, counted and given back to a free list; the
 * number of nodes counted.
 */
#include "kernel.h"

enum { DEPTH = 8, NODES = 1 << (DEPTH + 1) };

struct node {
    struct node *left, *right;
};

static struct node nodes[NODES];
static struct node *free_nodes;

static struct node *make(uint32_t depth) {
    struct node *made = free_nodes;
    free_nodes = made->left;
    made->left = depth ? make(depth - 1) : 0;
    made->right = depth ? make(depth - 1) : 0;
    return made;
}

static uint32_t count(const struct node *tree) {
    return tree ? 1 + count(tree->left) + count(tree->right) : 0;
}

static void give_back(struct node *tree) {
    if (!tree)
        return;
    give_back(tree->left);
    give_back(tree->right);
    tree->left = free_nodes;
    free_nodes = tree;
}

EXPORT(run) uint32_t run(uint32_t n) {
    uint32_t counted = 0;
    free_nodes = 0;
    for (uint32_t index = 0; index < NODES; index++) {
        nodes[index].left = free_nodes;
        free_nodes = nodes + index;
    }
    while (n--) {
        struct node *tree = make(DEPTH);
        counted += count(tree);
        give_back(tree);
    }
    return counted;
}
