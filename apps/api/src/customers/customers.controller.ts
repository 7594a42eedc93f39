import { Body, Controller, Delete, Get, Param, Patch, Post, Put, Query, Res, StreamableFile, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Actor } from '@app/common';
import { CustomerExportService, CustomerImportService, CustomerService, templateCsv, type Customer } from '@app/customers';
import { ErasureService } from '@app/erasure';
import type { FastifyReply } from 'fastify';
import { CurrentActor } from '../http/actor.decorator.js';
import { Endpoint } from '../http/endpoint.decorator.js';
import { etagOf, IfMatch } from '../http/etag.js';
import { Idempotent, ResourceId } from '../http/idempotent.decorator.js';
import { ObjectIdPipe, UuidPipe } from '../http/id.pipes.js';
import { toPageRequest, toPageResponse } from '../http/page.dto.js';
import {
  CustomerDto,
  CustomerFilterQueryDto,
  CustomerPage,
  CustomerResponse,
  ImportFormDto,
  ImportStartedResponse,
  ListCustomersQueryDto,
  PatchCustomerDto,
  toCustomerFilter,
  toCustomerInput,
  toCustomerPatch,
  toCustomerResponse,
  toCustomerSort,
  toImportOptions,
  toImportStartedResponse,
} from './customers.dto.js';
import { Upload, UploadInterceptor, type UploadedFile } from './upload.interceptor.js';

const MERGE_PATCH = ['application/json', 'application/merge-patch+json'];
const FORM = 'multipart/form-data';
const CSV = 'text/csv';

const csvFile = (name: string) => ({ type: `${CSV}; charset=utf-8`, disposition: `attachment; filename="${name}"` });

@ApiTags('customers')
@Controller('customers')
export class CustomersController {
  constructor(
    private readonly customers: CustomerService,
    private readonly imports: CustomerImportService,
    private readonly exports: CustomerExportService,
    private readonly erasure: ErasureService,
  ) {}

  @Endpoint({ operationId: 'listCustomers', summary: 'Customers, newest first unless sorted otherwise', returns: CustomerPage })
  @Get()
  async list(@Query() query: ListCustomersQueryDto): Promise<CustomerPage> {
    const page = await this.customers.list(toCustomerFilter(query), toCustomerSort(query), toPageRequest(query));
    return toPageResponse(page, toCustomerResponse);
  }

  @Endpoint({
    operationId: 'createCustomer',
    summary: 'Add a customer',
    returns: CustomerResponse,
    status: 201,
    problems: [409],
    tagged: true,
  })
  @Idempotent('customer')
  @Post()
  async create(
    @Body() body: CustomerDto,
    @ResourceId() id: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerResponse> {
    const customer = await this.customers.create(toCustomerInput(body), id);
    void reply.header('location', `/customers/${customer.id}`);
    return tagged(reply, customer);
  }

  @Endpoint({
    operationId: 'importCustomers',
    summary: 'Import customers from a CSV file, in the background',
    returns: ImportStartedResponse,
    status: 202,
    problems: [413, 415, 422],
    consumes: [FORM],
  })
  @ApiConsumes(FORM)
  @ApiBody({
    required: true,
    schema: {
      type: 'object',
      required: ['file'],
      properties: {
        file: { type: 'string', format: 'binary' },
        on_duplicate: { type: 'string', enum: ['update', 'skip', 'fail'], default: 'update' },
        dry_run: { type: 'string', enum: ['true', 'false'], default: 'false' },
      },
    },
  })
  @Idempotent('job')
  @UseInterceptors(UploadInterceptor)
  @Post('import')
  async import(
    @Upload() upload: UploadedFile,
    @Body() form: ImportFormDto,
    @CurrentActor() actor: Actor,
    @ResourceId() jobId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportStartedResponse> {
    const started = await this.imports.start(upload, { ...toImportOptions(form), jobId }, actor);
    void reply.header('location', `/tasks/${started.jobId}`);
    return toImportStartedResponse(started);
  }

  @Endpoint({ operationId: 'getImportTemplate', summary: 'A CSV file that shows how an import looks', produces: [CSV] })
  @Get('import/template.csv')
  template(): StreamableFile {
    return new StreamableFile(Buffer.from(templateCsv()), csvFile('customers.csv'));
  }

  @Endpoint({
    operationId: 'getImportErrors',
    summary: 'The rejected rows of an import, to be mended and sent again',
    problems: [404],
    produces: [CSV],
  })
  @Get('import/:job_id/errors.csv')
  async importErrors(@Param('job_id', UuidPipe) jobId: string): Promise<StreamableFile> {
    return new StreamableFile(await this.imports.errorsCsv(jobId), csvFile('errors.csv'));
  }

  @Endpoint({
    operationId: 'exportCustomers',
    summary: 'Customers as a CSV file that can be imported again',
    problems: [422],
    produces: [CSV],
  })
  @Get('export.csv')
  async export(@Query() query: CustomerFilterQueryDto): Promise<StreamableFile> {
    return new StreamableFile(await this.exports.csv(toCustomerFilter(query)), csvFile('customers.csv'));
  }

  @Endpoint({ operationId: 'getCustomer', summary: 'One customer', returns: CustomerResponse, problems: [404], tagged: true })
  @Get(':id')
  async get(@Param('id', ObjectIdPipe) id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<CustomerResponse> {
    return tagged(reply, await this.customers.get(id));
  }

  @Endpoint({
    operationId: 'replaceCustomer',
    summary: 'Replace a customer',
    returns: CustomerResponse,
    problems: [404, 409],
    tagged: true,
    conditional: true,
  })
  @Put(':id')
  async replace(
    @Param('id', ObjectIdPipe) id: string,
    @Body() body: CustomerDto,
    @IfMatch() versions: number[] | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerResponse> {
    return tagged(reply, await this.customers.replace(id, toCustomerInput(body), versions));
  }

  @Endpoint({
    operationId: 'updateCustomer',
    summary: 'Change parts of a customer',
    returns: CustomerResponse,
    problems: [404, 409, 422],
    consumes: MERGE_PATCH,
    tagged: true,
    conditional: true,
  })
  @ApiConsumes(...MERGE_PATCH)
  @Patch(':id')
  async update(
    @Param('id', ObjectIdPipe) id: string,
    @Body() body: PatchCustomerDto,
    @IfMatch() versions: number[] | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerResponse> {
    return tagged(reply, await this.customers.merge(id, toCustomerPatch(body), versions));
  }

  @Endpoint({
    operationId: 'deleteCustomer',
    summary: 'Erase a customer and everything known about them',
    status: 204,
    problems: [404],
    conditional: true,
  })
  @Delete(':id')
  async remove(@Param('id', ObjectIdPipe) id: string, @IfMatch() versions: number[] | undefined): Promise<void> {
    await this.erasure.erase(id, versions);
  }
}

function tagged(reply: FastifyReply, customer: Customer): CustomerResponse {
  void reply.header('etag', etagOf(customer.version));
  return toCustomerResponse(customer);
}
