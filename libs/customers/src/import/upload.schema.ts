import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

/** The files of the GridFS bucket `uploads`: declared for the index by which old ones are found. GridFS writes them. */
@Schema({ collection: 'uploads.files', versionKey: false })
export class UploadFileRecord {
  @Prop({ type: Date, required: true })
  uploadDate: Date;
}

export const UploadFileSchema = SchemaFactory.createForClass(UploadFileRecord);
UploadFileSchema.index({ uploadDate: 1 });
