export type {
  AudienceCriteria,
  AudienceRequest,
  Customer,
  CustomerContent,
  CustomerFilter,
  CustomerInput,
  CustomerPatch,
  CustomerSort,
  CustomerSortField,
} from './customer.js';
export {
  CustomerBusyError,
  CustomerChangedError,
  CustomerNotFoundError,
  EmailTakenError,
  MetadataTooLargeError,
} from './customer.errors.js';
export {
  addressRule,
  cityRule,
  companyRule,
  countryRule,
  emailRule,
  fullNameRule,
  languageRule,
  metadataPatchRule,
  metadataRule,
  phoneRule,
  positionRule,
  tagRule,
  tagsRule,
} from './customer.rules.js';
export { CustomerService } from './customer.service.js';
export { CustomersModule, UploadSweepModule } from './customers.module.js';
export { CustomerExportService } from './export/customer-export.service.js';
export { templateCsv } from './import/csv-report.js';
export { CustomerImportService, type ImportOptions, type ReceivedUpload, type StartedImport } from './import/customer-import.service.js';
export {
  BadHeaderError,
  EmptyFileError,
  EncodingUnknownError,
  ImportNotFoundError,
  NoRowsError,
  NotTextError,
  UploadGoneError,
  UploadTooLargeError,
} from './import/import.errors.js';
