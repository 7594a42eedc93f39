export { ErasureModule, ErasureSweepModule } from './erasure.module.js';
export { ErasureService } from './erasure.service.js';
export { ErasureSweeper } from './erasure.sweeper.js';
