import { statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RootDatabase } from 'lmdb';
import { fail } from './errors.js';
import type { Tree } from './index-tree.js';

/** With less than this on the disk, room is counted for each document, which then has a transaction of its own. */
const PLENTY_BYTES = 256 * 2 ** 20;
/** What one write can cost beside its own bytes: lmdb copies every page it touches, in each tree. */
const COPIES_BYTES = 32 * 4_096;
/** Kept back for removals, which are what makes room. */
const RESERVE_BYTES = 8 * COPIES_BYTES;

/**
 * Watches the room for data, because lmdb (3.5.6) does not survive a full disk: it reports the error, and the process aborts later
 * on a heap it has corrupted. So what might not fit is refused before lmdb is asked.
 */
export class Room {
  /** Each document has to have a transaction of its own. */
  isTight = false;
  private pageSize = 0;
  /** By how many bytes the file can grow. */
  private growth = 0;
  /** Bytes of free pages inside the file. */
  private reusable = 0;

  constructor(
    private readonly folder: string,
    private readonly root: RootDatabase<Buffer, Buffer>,
    /** The largest size of the file, in bytes. */
    private readonly limit: number,
    private readonly trees: () => Tree[],
  ) {}

  /** Inside a transaction, before its first write. */
  measure(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    const { size } = statSync(join(this.folder, 'data.mdb'));
    this.growth = Math.min(bavail * bsize, this.limit - size);
    this.isTight = this.growth < PLENTY_BYTES;
    if (!this.isTight) return;
    const { pageSize, lastPageNumber } = statsOf(this.root);
    this.pageSize = pageSize;
    this.reusable = (lastPageNumber + 1 - this.pagesInUse()) * pageSize;
  }

  /** Inside a transaction, before a write of so many bytes. Raises 14031 when it might not fit. */
  take(bytes: number, isRemoval = false): void {
    if (!this.isTight) return;
    // A value of several pages needs them in a row, which only the end of the file is sure to have.
    const room = bytes < this.pageSize ? this.growth + this.reusable : this.growth;
    const cost = bytes + COPIES_BYTES;
    if (room < cost + (isRemoval ? 0 : RESERVE_BYTES)) fail(14031, 'OutOfDiskSpace: there is no room left for the write');
    this.growth -= cost;
  }

  private pagesInUse(): number {
    const { free, root } = statsOf(this.root);
    const all = [free, root, ...this.trees().map(statsOf)];
    const used = all.map(
      ({ treeBranchPageCount, treeLeafPageCount, overflowPages }) => treeBranchPageCount + treeLeafPageCount + overflowPages,
    );
    return used.reduce((sum, pages) => sum + pages, META_PAGES);
  }
}

const META_PAGES = 2;

interface TreeStats {
  treeBranchPageCount: number;
  treeLeafPageCount: number;
  overflowPages: number;
}

interface Stats extends TreeStats {
  pageSize: number;
  lastPageNumber: number;
  /** The tree of free pages and the tree of trees. */
  free: TreeStats;
  root: TreeStats;
}

/** `getStats` has no typed result. */
const statsOf = (tree: { getStats(): unknown }): Stats => tree.getStats() as Stats;
