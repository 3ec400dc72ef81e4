/* Chess: the leaves of the tree of moves of depth n from the start. Castling, captures en
 * passant and promotions are left out: none is among the first four moves.
 */
#include "kernel.h"

enum { EMPTY, PAWN, KNIGHT, KING, BISHOP, ROOK, QUEEN, BLACK = 8, OFF = 0x88 };

static uint8_t board[128];

static const int8_t knight_steps[8] = {-33, -31, -18, -14, 14, 18, 31, 33};
static const int8_t lines[8] = {-17, -15, 15, 17, -16, -1, 1, 16};

static int piece_at(int square) {
    return square & OFF ? -1 : board[square];
}

static int is_attacked(int square, int by) {
    int forward = by ? -16 : 16;
    if (piece_at(square - forward - 1) == (PAWN | by) ||
        piece_at(square - forward + 1) == (PAWN | by))
        return 1;
    for (int index = 0; index < 8; index++) {
        int line = lines[index], place = square + line;
        int slider = index < 4 ? BISHOP : ROOK, found;
        if (piece_at(square + knight_steps[index]) == (KNIGHT | by) ||
            piece_at(place) == (KING | by))
            return 1;
        while ((found = piece_at(place)) == EMPTY)
            place += line;
        if (found == (slider | by) || found == (QUEEN | by))
            return 1;
    }
    return 0;
}

static uint32_t leaves(uint32_t depth, int side);

static uint32_t after(int from, int to, uint32_t depth, int side) {
    uint8_t moved = board[from], taken = board[to];
    uint32_t found = 0;
    int king = 0;
    board[to] = moved;
    board[from] = EMPTY;
    while ((king & OFF) || board[king] != (KING | side))
        king++;
    if (!is_attacked(king, side ^ BLACK))
        found = leaves(depth - 1, side ^ BLACK);
    board[from] = moved;
    board[to] = taken;
    return found;
}

static int is_free_or_enemy(int square, int side) {
    int piece = piece_at(square);
    return piece == EMPTY || (piece > 0 && (piece & BLACK) != side);
}

static uint32_t pawn_moves(int from, uint32_t depth, int side) {
    int forward = side ? -16 : 16;
    uint32_t found = 0;
    if (piece_at(from + forward) == EMPTY) {
        found += after(from, from + forward, depth, side);
        if (from >> 4 == (side ? 6 : 1) && piece_at(from + 2 * forward) == EMPTY)
            found += after(from, from + 2 * forward, depth, side);
    }
    for (int aside = -1; aside <= 1; aside += 2) {
        int to = from + forward + aside;
        if (piece_at(to) > 0 && is_free_or_enemy(to, side))
            found += after(from, to, depth, side);
    }
    return found;
}

static uint32_t leaves(uint32_t depth, int side) {
    uint32_t found = 0;
    if (depth == 0)
        return 1;
    for (int from = 0; from < 128; from++) {
        int piece = piece_at(from), kind = piece & 7;
        if (piece <= 0 || (piece & BLACK) != side)
            continue;
        if (kind == PAWN) {
            found += pawn_moves(from, depth, side);
            continue;
        }
        for (int index = kind == ROOK ? 4 : 0; index < (kind == BISHOP ? 4 : 8); index++) {
            int step = kind == KNIGHT ? knight_steps[index] : lines[index];
            int to = from + step;
            while (is_free_or_enemy(to, side)) {
                int was_empty = board[to] == EMPTY;
                found += after(from, to, depth, side);
                if (!was_empty || kind == KNIGHT || kind == KING)
                    break;
                to += step;
            }
        }
    }
    return found;
}

EXPORT(run) uint32_t run(uint32_t n) {
    static const uint8_t rank[8] = {ROOK, KNIGHT, BISHOP, QUEEN, KING, BISHOP, KNIGHT, ROOK};
    for (int square = 0; square < 128; square++)
        board[square] = EMPTY;
    for (int file = 0; file < 8; file++) {
        board[file] = rank[file];
        board[16 + file] = PAWN;
        board[96 + file] = PAWN | BLACK;
        board[112 + file] = rank[file] | BLACK;
    }
    return n > 4 ? 0 : leaves(n, 0);
}
